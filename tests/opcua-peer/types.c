#include "space.h"

#include <string.h>

// ---- types of its own: an enumeration, and a structure with one and with another inside

static const UA_DataType *typeOf(UA_Server *server, UA_NodeId id, const char *name) {
  const UA_DataType *type = UA_findDataTypeWithCustom(&id, UA_Server_getDataTypes(server));
  if (!type) check(UA_STATUSCODE_BADNOTFOUND, name);
  return type;
}

static const UA_DataType *phaseType(UA_Server *server) {
  UA_NodeId id = UA_NODEID_NUMERIC(ns, 5001);
  UA_DataTypeAttributes attributes = UA_DataTypeAttributes_default;
  attributes.displayName = UA_LOCALIZEDTEXT("", "Phase");
  CHECK(UA_Server_addDataTypeNode(server, id, UA_NS0ID(ENUMERATION), UA_NS0ID(HASSUBTYPE),
                                  UA_QUALIFIEDNAME(ns, "Phase"), attributes, NULL, NULL));
  const char *const words[3] = {"Idle", "Heating", "Holding"};
  UA_EnumField fields[3];
  for (int i = 0; i < 3; i++) {
    UA_EnumField_init(&fields[i]);
    fields[i].name = UA_STRING((char *)(uintptr_t)words[i]);
    fields[i].displayName = UA_LOCALIZEDTEXT("", (char *)(uintptr_t)words[i]);
    fields[i].value = i;
  }
  UA_EnumDescription description;
  UA_EnumDescription_init(&description);
  description.dataTypeId = id;
  description.name = UA_QUALIFIEDNAME(ns, "Phase");
  description.builtInType = UA_TYPES_INT32 + 1;
  description.enumDefinition.fields = fields;
  description.enumDefinition.fieldsSize = 3;
  UA_ExtensionObject wrapped;
  UA_ExtensionObject_setValueNoDelete(&wrapped, &description, &UA_TYPES[UA_TYPES_ENUMDESCRIPTION]);
  CHECK(UA_Server_addDataTypeFromDescription(server, &wrapped));
  return typeOf(server, id, "Phase");
}

static UA_StructureField field(const char *name, UA_NodeId type, UA_Int32 rank) {
  UA_StructureField made;
  UA_StructureField_init(&made);
  made.name = UA_STRING((char *)(uintptr_t)name);
  made.dataType = type;
  made.valueRank = rank;
  return made;
}

static const UA_DataType *structure(UA_Server *server, UA_UInt32 number, const char *name,
                                    UA_StructureField *fields, size_t count) {
  UA_StructureDescription description;
  UA_StructureDescription_init(&description);
  description.dataTypeId = UA_NODEID_NUMERIC(ns, number);
  description.name = UA_QUALIFIEDNAME(ns, (char *)(uintptr_t)name);
  description.structureDefinition.defaultEncodingId = UA_NODEID_NUMERIC(ns, number + 1);
  description.structureDefinition.baseDataType = UA_NS0ID(STRUCTURE);
  description.structureDefinition.structureType = UA_STRUCTURETYPE_STRUCTURE;
  description.structureDefinition.fields = fields;
  description.structureDefinition.fieldsSize = count;
  UA_ExtensionObject wrapped;
  UA_ExtensionObject_setValueNoDelete(&wrapped, &description,
                                      &UA_TYPES[UA_TYPES_STRUCTUREDESCRIPTION]);
  UA_NodeId id = description.dataTypeId;
  UA_DataTypeAttributes attributes = UA_DataTypeAttributes_default;
  attributes.displayName = UA_LOCALIZEDTEXT("", (char *)(uintptr_t)name);
  CHECK(UA_Server_addDataTypeNode(server, id, UA_NS0ID(STRUCTURE), UA_NS0ID(HASSUBTYPE),
                                  description.name, attributes, NULL, NULL));
  CHECK(UA_Server_addDataTypeFromDescription(server, &wrapped));
  UA_ObjectAttributes encoding = UA_ObjectAttributes_default;
  encoding.displayName = UA_LOCALIZEDTEXT("", "Default Binary");
  CHECK(UA_Server_addObjectNode(server, UA_NODEID_NUMERIC(ns, number + 1), UA_NODEID_NULL,
                                UA_NODEID_NULL, UA_QUALIFIEDNAME(0, "Default Binary"),
                                UA_NS0ID(DATATYPEENCODINGTYPE), encoding, NULL, NULL));
  CHECK(UA_Server_addReference(server, id, UA_NS0ID(HASENCODING),
                               UA_EXPANDEDNODEID_NUMERIC(ns, number + 1), true));
  return typeOf(server, id, name);
}

struct Place {
  UA_Double x, y;
};

struct Batch {
  UA_UInt32 number;
  UA_String recipe;
  UA_Int32 phase;
  struct Place place;
  size_t curveSize;
  UA_Double *curve;
  UA_Int64 total;
};

void structures(UA_Server *server) {
  UA_NodeId parent = folder(server, UA_NS0ID(OBJECTSFOLDER), "Batches", "Batches");
  const UA_DataType *phase = phaseType(server);
  UA_StructureField placeFields[2] = {field("x", UA_TYPES[UA_TYPES_DOUBLE].typeId, -1),
                                      field("y", UA_TYPES[UA_TYPES_DOUBLE].typeId, -1)};
  structure(server, 5010, "Place", placeFields, 2);
  UA_StructureField batchFields[6] = {
      field("Number", UA_TYPES[UA_TYPES_UINT32].typeId, -1),
      field("Recipe", UA_TYPES[UA_TYPES_STRING].typeId, -1),
      field("Phase", phase->typeId, -1),
      field("Place", UA_NODEID_NUMERIC(ns, 5010), -1),
      field("Curve", UA_TYPES[UA_TYPES_DOUBLE].typeId, 1),
      field("Total", UA_TYPES[UA_TYPES_INT64].typeId, -1),
  };
  const UA_DataType *batchType = structure(server, 5020, "Batch", batchFields, 6);
  phase = typeOf(server, UA_NODEID_NUMERIC(ns, 5001), "Phase");
  UA_Double curve[3] = {4.5, 72.25, 4};
  struct Batch batch = {17, UA_STRING_STATIC("UHT"), 1, {1.5, -2.5}, 3, curve, 9007199254740993};
  struct Batch two[2] = {batch, batch};
  two[1].number = 18;
  UA_Byte access = UA_ACCESSLEVELMASK_WRITE;
  variable(server, parent, "Batches.Current",
           (struct Held){.type = batchType, .value = &batch, .access = access});
  variable(server, parent, "Batches.Last",
           (struct Held){.type = batchType, .value = two, .length = 2});
  variable(server, parent, "Batches.Phase",
           (struct Held){.type = phase, .value = &batch.phase, .access = access});
  variable(server, parent, "Batches.Curve",
           (struct Held){
               .type = &UA_TYPES[UA_TYPES_DOUBLE], .value = curve, .length = 3, .access = access});
}

// ---- scalars that can be written, and methods

void scalars(UA_Server *server) {
  UA_NodeId parent = folder(server, UA_NS0ID(OBJECTSFOLDER), "Held", "Held");
  UA_Byte access = UA_ACCESSLEVELMASK_WRITE;
  UA_Boolean valve = false;
  UA_SByte int8 = -8;
  UA_Byte uint8 = 8;
  UA_Int16 int16 = -16;
  UA_UInt16 uint16 = 16;
  UA_Int32 int32 = -32;
  UA_UInt32 uint32 = 32;
  UA_Int64 int64 = -9007199254740993;
  UA_UInt64 uint64 = 18446744073709551614u;
  UA_Float real = 230.1f;
  UA_Double wide = 1.5;
  UA_String text = UA_STRING_STATIC("UHT");
  const struct {
    const char *id;
    int type;
    const void *value;
  } rows[] = {
      {"Held.Boolean", UA_TYPES_BOOLEAN, &valve}, {"Held.SByte", UA_TYPES_SBYTE, &int8},
      {"Held.Byte", UA_TYPES_BYTE, &uint8},       {"Held.Int16", UA_TYPES_INT16, &int16},
      {"Held.UInt16", UA_TYPES_UINT16, &uint16},  {"Held.Int32", UA_TYPES_INT32, &int32},
      {"Held.UInt32", UA_TYPES_UINT32, &uint32},  {"Held.Int64", UA_TYPES_INT64, &int64},
      {"Held.UInt64", UA_TYPES_UINT64, &uint64},  {"Held.Float", UA_TYPES_FLOAT, &real},
      {"Held.Double", UA_TYPES_DOUBLE, &wide},    {"Held.String", UA_TYPES_STRING, &text},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    variable(server, parent, rows[i].id,
             (struct Held){
                 .type = &UA_TYPES[rows[i].type], .value = rows[i].value, .access = access});
  variable(server, parent, "Held.ReadOnly",
           (struct Held){.type = &UA_TYPES[UA_TYPES_DOUBLE], .value = &wide});
}

static UA_StatusCode add(UA_Server *server, const UA_NodeId *session, void *sessionContext,
                         const UA_NodeId *method, void *methodContext, const UA_NodeId *object,
                         void *objectContext, size_t inputCount, const UA_Variant *input,
                         size_t outputCount, UA_Variant *output) {
  (void)server, (void)session, (void)sessionContext, (void)method, (void)methodContext;
  (void)object, (void)objectContext, (void)inputCount, (void)outputCount;
  UA_Double sum = *(UA_Double *)input[0].data + *(UA_Double *)input[1].data;
  return UA_Variant_setScalarCopy(output, &sum, &UA_TYPES[UA_TYPES_DOUBLE]);
}

static UA_Argument argument(const char *name) {
  UA_Argument made;
  UA_Argument_init(&made);
  made.name = UA_STRING((char *)(uintptr_t)name);
  made.dataType = UA_TYPES[UA_TYPES_DOUBLE].typeId;
  made.valueRank = UA_VALUERANK_SCALAR;
  return made;
}

void methods(UA_Server *server) {
  UA_Argument input[2] = {argument("a"), argument("b")}, output = argument("sum");
  UA_MethodAttributes attributes = UA_MethodAttributes_default;
  attributes.displayName = UA_LOCALIZEDTEXT("", "Add");
  attributes.executable = attributes.userExecutable = true;
  CHECK(UA_Server_addMethodNode(server, named("Held.Add"), named("Held"), UA_NS0ID(HASCOMPONENT),
                                UA_QUALIFIEDNAME(ns, "Add"), attributes, add, 2, input, 1, &output,
                                NULL, NULL));
}
