"""Orders, some of which cannot be had."""

import flask

app = flask.Flask(__name__)


@app.get("/orders/<int:order>")
def order(order):
    return {"order": order}


@app.get("/raises")
def raises():
    raise KeyError("order")


@app.get("/unavailable")
def unavailable():
    return "come back later", 503
