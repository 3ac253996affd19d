"""`casement init` replaces its file for shells while memory is short."""

import fault_case
import setting

# Each longer than those before it: to read it takes memory.
OTHERS = "".join(f"LINE_{size}='{'x' * size}'\n" for size in (200, 2000, 20000)) + "LAST=1\n"


class Init(fault_case.FaultCase):
    """The lines of others stay."""

    def make(self):
        self.fresh(start=False)

    def init(self, number):
        """Run it with what is there; what it says."""
        return self.instance.run("init", "--demo", "--env-file", self.instance.env_file,
                                 env={"LD_PRELOAD": setting.SHORT, "CASEMENT_SHORT": str(number)})

    def test_each_allocation(self):
        """Whichever fails: the file holds them all."""
        with open(self.instance.env_file, "a", encoding="ascii") as file:
            file.write(OTHERS)
        usual = self.init(0)
        self.assertEqual(usual.code, 0, usual.err)
        last = int(usual.err.splitlines()[-1].partition(" ")[0])
        for number in range(1, last + 1, setting.STEP):
            done = self.init(number)
            with open(self.instance.env_file, encoding="ascii") as file:
                self.assertTrue(file.read().endswith(OTHERS), (number, done.code, done.err))
