"""What the tests of the application tools share."""

import case

LATEST = "2025-11-25"


class ToolCase(case.Case):
    """Every test has a token of my-org/demo with both scopes."""

    def setUp(self):
        super().setUp()
        self.token = self.demo()

    def call(self, tool, arguments=None, revision=None):
        """A tool's result."""
        return self.http.call_tool(self.token, tool, arguments, revision)

    def fails(self, tool, arguments, *needles):
        """The tool says no."""
        return self.assert_tool_fails(self.token, tool, arguments, *needles)

    def refuse_add(self, *needles, **fields):
        """add_application says no, and nothing is there afterwards."""
        name = case.unique()
        application = {"owner": "my-org", "name": name, **fields}
        text = self.fails("add_application", {"application": application}, *needles)
        self.assertIsNone(self.row(f"my-org/{name}"))
        return text
