#include "space.h"

// Structures that are not as their types say, or whose types nobody tells: a client has to do
// without them, and must have all others.

static void structure(UA_Server *server, const char *id, UA_NodeId encoding,
                      UA_ExtensionObjectEncoding form, const char *body) {
  UA_ExtensionObject object;
  UA_ExtensionObject_init(&object);
  object.encoding = form;
  object.content.encoded.typeId = encoding;
  object.content.encoded.body = UA_STRING((char *)(uintptr_t)body);
  variable(server, named("Broken"), id,
           (struct Held){.type = &UA_TYPES[UA_TYPES_EXTENSIONOBJECT], .value = &object});
}

void broken(UA_Server *server) {
  folder(server, UA_NS0ID(OBJECTSFOLDER), "Broken", "Broken");
  const UA_ExtensionObjectEncoding binary = UA_EXTENSIONOBJECT_ENCODED_BYTESTRING;
  // A range is two doubles: sixteen bytes.
  structure(server, "Broken.Short", UA_NS0ID(RANGE_ENCODING_DEFAULTBINARY), binary, "abc");
  structure(server, "Broken.Xml", UA_NS0ID(RANGE_ENCODING_DEFAULTXML),
            UA_EXTENSIONOBJECT_ENCODED_XML, "<Range/>");
  structure(server, "Broken.Unknown", UA_NODEID_NUMERIC(ns, 9999), binary, "abc");
  structure(server, "Broken.Untyped", UA_NODEID_NULL, binary, "abc");
  UA_Double good = 1.5;
  variable(server, named("Broken"), "Broken.Good",
           (struct Held){.type = &UA_TYPES[UA_TYPES_DOUBLE], .value = &good});
}
