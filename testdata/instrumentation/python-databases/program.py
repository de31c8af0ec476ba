"""Sixteen calls of databases: five by psycopg, six by SQLAlchemy over it, five by redis.

The last of each of the first two fails: there is no such table.
"""

import contextlib
import sys

import psycopg
import redis
import sqlalchemy

postgres, cache = sys.argv[1:]

with psycopg.connect(postgres, autocommit=True) as connection:
    connection.execute("CREATE TABLE orders (id int PRIMARY KEY, item text)")
    connection.execute("INSERT INTO orders VALUES (%s, %s)", (7, "a chair"))
    connection.execute("select item from orders where id = %s", (7,)).fetchall()
    connection.execute("UPDATE orders SET item = %s WHERE id = %s", ("a table", 7))
    with contextlib.suppress(psycopg.Error):
        connection.execute("SELECT * FROM nothing")

engine = sqlalchemy.create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"))
with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
    for order in range(3):
        connection.execute(sqlalchemy.text("SELECT item FROM orders WHERE id = :id"), {"id": order}).fetchall()
    connection.execute(sqlalchemy.text("INSERT INTO orders VALUES (:id, :item)"), {"id": 8, "item": "a lamp"})
    connection.execute(sqlalchemy.text("DELETE FROM orders WHERE id = :id"), {"id": 7})
    with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError):
        connection.execute(sqlalchemy.text("SELECT * FROM nothing"))
engine.dispose()

client = redis.Redis.from_url(cache)
client.set("order:7", "a chair")
client.get("order:7")
client.delete("order:7")
client.incr("orders")
# Two commands, sent at once: one call.
client.pipeline(transaction=False).set("order:8", "a lamp").get("order:8").execute()
