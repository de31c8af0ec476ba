"""A sender and its worker in one program: three messages are sent and worked on; the handler of the third raises."""

import celery
from celery.contrib.testing.worker import start_worker

app = celery.Celery("shop", broker="memory://", backend="cache+memory://")


@app.task
def ship(order):
    if order == 9:
        raise KeyError(order)
    return order


with start_worker(app, pool="solo", perform_ping_check=False):
    for order in [7, 8, 9]:
        ship.delay(order).get(timeout=30, propagate=False)
