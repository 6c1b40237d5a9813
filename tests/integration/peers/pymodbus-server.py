"""A Modbus device for tests, spoken by pymodbus. Argument: one JSON document.

{"transport": "tcp" | "tls" | "rtu-over-tcp" | "rtu" | "ascii", "path": "/dev/…", "port": 0,
 "cert": "…", "key": "…", "clientCa": "…",
 "units": {"1": {"holding": {"0": [1, 2], "100": [3]}, "coil": {"0": [1, 0]}}}}

Addresses that are not listed are refused; units that are not listed are silent. Prints one line
once it serves: "ready PORT" (0 for a serial line).
"""
import asyncio
import json
import ssl
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server.async_io import ModbusSerialServer, ModbusTcpServer, ModbusTlsServer
from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer, ModbusSocketFramer


def block(unit, table):
    values = unit.get(table, {})
    return ModbusSparseDataBlock({int(address): row for address, row in values.items()})


def context_of(units):
    return ModbusServerContext(
        single=False,
        slaves={
            int(number): ModbusSlaveContext(
                co=block(unit, "coil"),
                di=block(unit, "discrete"),
                ir=block(unit, "input"),
                hr=block(unit, "holding"),
                zero_mode=True,
            )
            for number, unit in units.items()
        },
    )


def tls_of(config):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.load_cert_chain(config["cert"], config["key"])
    if "clientCa" in config:
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_verify_locations(config["clientCa"])
    return tls


async def main():
    config = json.loads(sys.argv[1])
    context = context_of(config["units"])
    if config["transport"] in ("rtu", "ascii"):
        server = ModbusSerialServer(
            context,
            ModbusRtuFramer if config["transport"] == "rtu" else ModbusAsciiFramer,
            port=config["path"],
            baudrate=config.get("baudRate", 9600),
            ignore_missing_slaves=True,
        )
        await server.start()
        serving = asyncio.ensure_future(server.serve_forever())
        port = 0
    elif config["transport"] == "tls":
        # Its own framer leaves out the MBAP header, which the specification keeps.
        server = ModbusTlsServer(
            context,
            ModbusSocketFramer,
            address=("127.0.0.1", config.get("port", 0)),
            sslctx=tls_of(config),
            ignore_missing_slaves=True,
        )
        serving = asyncio.ensure_future(server.serve_forever())
        await server.serving
        port = server.server.sockets[0].getsockname()[1]
    else:
        framer = ModbusSocketFramer if config["transport"] == "tcp" else ModbusRtuFramer
        server = ModbusTcpServer(
            context,
            framer,
            address=("127.0.0.1", config.get("port", 0)),
            ignore_missing_slaves=True,
        )
        serving = asyncio.ensure_future(server.serve_forever())
        await server.serving
        port = server.server.sockets[0].getsockname()[1]
    print("ready", port, flush=True)
    await serving


asyncio.run(main())
