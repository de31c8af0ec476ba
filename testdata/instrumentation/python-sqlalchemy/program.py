"""Nine calls of the database through a mapper: a table is made and dropped, two rows are written, one is read, what is not there asked
for, and one row read twice at once.

Committing and rolling back are none.
"""

import concurrent.futures
import contextlib
import contextvars
import os

import sqlalchemy
from opentelemetry import trace
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str]


engine = sqlalchemy.create_engine(os.environ["POSTGRES"].replace("postgresql:", "postgresql+psycopg2:"))


def read():
    with Session(engine) as session:
        session.scalars(sqlalchemy.select(Order).where(Order.id == 8)).one()


with trace.get_tracer("shop").start_as_current_span("request"):
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE orders (id int PRIMARY KEY, item text)"))
    with Session(engine) as session:
        session.add(Order(id=7, item="a chair"))
        session.commit()
        session.add(Order(id=8, item="a lamp"))
        session.commit()
    read()
    with Session(engine) as session:
        session.scalars(sqlalchemy.select(Order).where(Order.id == 9)).all()
    with engine.connect() as connection, contextlib.suppress(sqlalchemy.exc.SQLAlchemyError):
        connection.execute(sqlalchemy.text("SELECT * FROM nothing"))
    with concurrent.futures.ThreadPoolExecutor() as threads:
        for _ in range(2):
            threads.submit(contextvars.copy_context().run, read)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("DROP TABLE orders"))
