"""Asks a camera what it is, with a login made by zeep (WS-Security) or requests (HTTP digest)."""

import sys

import requests
from lxml import etree
from requests.auth import HTTPDigestAuth
from zeep.wsse.username import UsernameToken

port, login, username, password = sys.argv[1:]

SOAP = "http://www.w3.org/2003/05/soap-envelope"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
envelope = etree.fromstring(
    f'<s:Envelope xmlns:s="{SOAP}"><s:Header/><s:Body>'
    f'<GetDeviceInformation xmlns="{DEVICE}"/></s:Body></s:Envelope>'
)
auth = None
if login == "wsSecurity":
    envelope, _ = UsernameToken(username, password, use_digest=True).apply(envelope, {})
else:
    auth = HTTPDigestAuth(username, password)
answer = requests.post(
    f"http://127.0.0.1:{port}/onvif/device_service",
    data=etree.tostring(envelope),
    headers={"Content-Type": "application/soap+xml; charset=utf-8"},
    auth=auth,
    timeout=10,
)
print(answer.status_code, answer.text)
