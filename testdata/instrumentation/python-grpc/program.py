"""A server and its client in one program: four calls, one answered, one not found, one whose handler raises, one too slow."""

import contextlib
import time
from concurrent import futures

import grpc


def handler(name):
    def order(request, context):
        if request == b"none":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such order")
        if request == b"raises":
            raise KeyError("order")
        if request == b"slow":
            time.sleep(1)
        return request

    return grpc.unary_unary_rpc_method_handler(order) if name == "Get" else None


class Orders(grpc.GenericRpcHandler):
    def service(self, details):
        return handler(details.method.rsplit("/", 1)[1])


server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers([Orders()])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    get = channel.unary_unary("/shop.Orders/Get")
    for request in [b"7", b"none", b"raises", b"slow"]:
        with contextlib.suppress(grpc.RpcError):
            get(request, timeout=0.5)
server.stop(2).wait()
