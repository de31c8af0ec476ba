import sqlite3

from flask import Flask

app = Flask(__name__)


@app.get("/orders/<int:number>")
def order(number):
    cursor = sqlite3.connect(":memory:").cursor()
    try:
        cursor.execute("SELECT * FROM orders WHERE number = ?", (number,))
        return {"order": cursor.fetchone()}
    except sqlite3.Error:
        return {"order": None}
