"""Databases of many applications, made once and kept for later runs."""

import os
import shutil
import sqlite3

# The sizes that are measured.
SIZES = (1000, 100000, 1000000)


def fill(source, path, count):
    """A copy of a fresh database with so many applications more, all of my-org."""
    shutil.copyfile(source, path + ".new")
    store = sqlite3.connect(path + ".new")
    store.execute("PRAGMA journal_mode = OFF")
    store.execute("PRAGMA synchronous = OFF")
    columns = [row[1] for row in store.execute("PRAGMA table_info(application)")
               if row[1] != "id"]
    values = {"name": "printf('app-%07d', n.i)", "client_id": "lower(hex(randomblob(16)))",
              "display_name": "printf('Application %d', n.i)"}
    picked = ", ".join(values.get(column, "application." + column) for column in columns)
    with store:
        store.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
            f" INSERT INTO application ({', '.join(columns)})"
            f" SELECT {picked} FROM n, application"
            f" WHERE application.owner = 'my-org' AND application.name = 'demo'")
    store.execute("PRAGMA journal_mode = WAL")
    store.close()
    os.rename(path + ".new", path)


def stores(source, folder, sizes=SIZES):
    """The path of a database of each size."""
    found = {}
    for size in sizes:
        found[size] = os.path.join(folder, f"store-{size}.db")
        fill(source, found[size], size)
    return found
