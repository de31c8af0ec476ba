"""Orders, some of which cannot be had."""

import fastapi

app = fastapi.FastAPI()


@app.get("/orders/{order}")
async def order(order: int):
    return {"order": order}


@app.get("/raises")
async def raises():
    raise KeyError("order")


@app.get("/unavailable")
async def unavailable():
    raise fastapi.HTTPException(503, "come back later")
