const TEXTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the device signed its certificate itself; save that certificate and name it as tls.ca",
  SELF_SIGNED_CERT_IN_CHAIN: "nobody here knows who signed the device's certificate; name tls.ca",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the device's certificate is not signed by whom tls.ca names; name the right one",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the device's certificate is not signed by whom tls.ca names; name the right one",
  CERT_SIGNATURE_FAILURE: "the device's certificate is not signed by whom tls.ca names",
  CERT_HAS_EXPIRED: "the device's certificate has expired; renew it, or set this machine's clock",
  CERT_NOT_YET_VALID: "the device's certificate is not valid yet; check this machine's clock",
  ERR_SSL_WRONG_VERSION_NUMBER:
    "the device does not speak TLS at this port; check it, or leave tls",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "the device speaks no TLS newer than 1.1, which is not safe",
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "the device speaks no TLS that is safe (1.2 or newer)",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "the device does not know who signed our certificate (tls.cert)",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    "the device wants a certificate of ours; name tls.cert and tls.key",
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    "the device ended the handshake; it may want a certificate of ours: name tls.cert and tls.key",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "the device refuses our certificate (tls.cert)",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "our certificate (tls.cert) has expired for the device",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "the device refuses our certificate (tls.cert)",
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: "the device lets our certificate do nothing (tls.cert)",
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "tls.key is not the key of tls.cert",
};
/** Files that hold something else than a certificate or a key. */
const NO_PEM = /^ERR_OSSL_(PEM|ASN1|EVP|UNSUPPORTED)/;

/** What is wrong with the certificates, and what a person does about it; null if nothing is. */
export function tlsFaultText(
  cause: Error & { readonly code?: string },
  name: string,
): string | null {
  const { code = "" } = cause;
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const todo = "name whom it is for as tls.serverName";
    return `the device's certificate is not for ${name}; ${todo} (${cause.message})`;
  }
  if (NO_PEM.test(code)) return `a file of tls is no certificate or key in PEM (${cause.message})`;
  const text = TEXTS[code];
  return text === undefined ? null : `${text} (${code})`;
}
