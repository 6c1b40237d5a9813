// What the parts of the independent OPC UA server share.
#pragma once
#include <open62541/plugin/historydata/history_data_gathering_default.h>
#include <open62541/server.h>
#include <stdbool.h>

#define CHECK(call) check((call), #call)

// Namespace of everything below Objects.
extern UA_UInt16 ns;
extern UA_HistoryDataGathering gathering;

// What a variable holds; with a length it is an array.
struct Held {
  const UA_DataType *type;
  const void *value;
  size_t length;
  UA_Byte access;
};

void check(UA_StatusCode status, const char *what);
UA_NodeId named(const char *name);
UA_NodeId folder(UA_Server *server, UA_NodeId parent, const char *id, const char *name);
void variable(UA_Server *server, UA_NodeId parent, const char *id, struct Held held);

// Many nodes that rest, and many that count.
void plant(UA_Server *server, UA_UInt32 count);
void counters(UA_Server *server, UA_UInt32 count, UA_UInt32 historyCount, UA_UInt32 period);
// Types of its own, values of every built-in type that can be written, and a method.
void structures(UA_Server *server);
void scalars(UA_Server *server);
void methods(UA_Server *server);
// Values that are not as their types say.
void broken(UA_Server *server);
