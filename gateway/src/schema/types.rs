//! JSON schemas (2020-12, as OpenAPI 3.1 has it) of what the contracts describe, in the
//! form in which this API speaks of it: times as text, what is absent left out.

use std::collections::BTreeMap;

use pizza_value::camel;
use serde_json::{Map, Value, json};
use wit_parser::{Docs, Type, TypeDefKind, TypeId};

use super::contracts::contracts;
use super::docs;

/// The common type whose values people read as a time.
const TIMESTAMP: &str = "timestamp";

/// The named schemas that were asked for so far, and what they need.
#[derive(Default)]
pub(crate) struct Schemas {
    named: BTreeMap<String, Value>,
    /// What was asked for and is in no contract.
    missing: Vec<String>,
}

impl Schemas {
    /// The named schemas, to which all others refer.
    pub(crate) fn into_named(self) -> BTreeMap<String, Value> {
        self.named
    }

    /// What was asked for and is in no contract; empty from now on.
    pub(crate) fn take_missing(&mut self) -> Vec<String> {
        std::mem::take(&mut self.missing)
    }

    pub(crate) fn anything(&mut self) -> Value {
        json!({})
    }

    /// A body that may be there, but says nothing.
    pub(crate) fn nothing(&mut self) -> Value {
        Object::default().done()
    }

    /// A type of a package's contract.
    pub(crate) fn of(&mut self, package: &str, name: &str) -> Value {
        match contracts().record(package, name) {
            Some(id) => self.defined(id),
            None => self.miss(package, name),
        }
    }

    pub(crate) fn list_of(&mut self, package: &str, name: &str) -> Value {
        json!({"type": "array", "items": self.of(package, name)})
    }

    /// An actor's arguments as the body of a request, without those that come from elsewhere.
    pub(crate) fn arguments(&mut self, package: &str, function: &str, without: &[&str]) -> Value {
        let Some(function) = contracts().function(package, function) else {
            return self.miss(package, function);
        };
        let mut object = Object::default();
        for parameter in &function.params {
            if !without.contains(&parameter.name.as_str()) {
                let name = &parameter.name;
                object.add(self, name, parameter.ty, Absent::OrNull);
                let schema = object.field(name);
                let told = docs::describe_parameter(schema, &function.docs, name);
                self.note(told);
            }
        }
        object.done()
    }

    /// A record's fields as the body of a request.
    pub(crate) fn body_of(&mut self, package: &str, name: &str) -> Object {
        self.fields_of(package, name, Absent::OrNull)
    }

    /// A record's fields in an answer.
    pub(crate) fn answer_of(&mut self, package: &str, name: &str) -> Object {
        self.fields_of(package, name, Absent::LeftOut)
    }

    fn fields_of(&mut self, package: &str, name: &str, absent: Absent) -> Object {
        let mut object = Object::default();
        let record = contracts().record(package, name);
        let kind = record.map(|id| &contracts().0.types[id].kind);
        let Some(TypeDefKind::Record(record)) = kind else {
            self.miss(package, name);
            return object;
        };
        for field in &record.fields {
            object.add(self, &field.name, field.ty, absent);
            self.describe(object.field(&field.name), &field.docs);
        }
        object
    }

    /// A schema under a name of its own: what generated clients call it.
    pub(crate) fn name(&mut self, name: &str, schema: Value) -> Value {
        // What is a reference has a name already.
        if schema.get("$ref").is_some() {
            return schema;
        }
        self.named.insert(name.to_owned(), schema);
        reference(name)
    }

    fn describe(&mut self, schema: &mut Value, docs: &Docs) {
        let told = docs::describe(schema, docs);
        self.note(told);
    }

    fn note(&mut self, told: Result<(), String>) {
        self.missing.extend(told.err());
    }

    fn miss(&mut self, package: &str, name: &str) -> Value {
        self.missing.push(format!("{package}/{name}"));
        json!({})
    }

    fn schema(&mut self, of: Type) -> Value {
        let integer = |max: u64| json!({"type": "integer", "minimum": 0, "maximum": max});
        match of {
            Type::Bool => json!({"type": "boolean"}),
            Type::U8 => integer(u8::MAX.into()),
            Type::U16 => integer(u16::MAX.into()),
            Type::U32 => integer(u32::MAX.into()),
            // No maximum: 2^64 - 1 is no exact number in most languages that read this.
            Type::U64 => json!({"type": "integer", "minimum": 0, "format": "uint64"}),
            Type::S8 | Type::S16 | Type::S32 | Type::S64 => json!({"type": "integer"}),
            Type::F32 | Type::F64 => json!({"type": "number"}),
            Type::Char | Type::String | Type::ErrorContext => json!({"type": "string"}),
            Type::Id(id) => self.defined(id),
        }
    }

    fn defined(&mut self, id: TypeId) -> Value {
        let contracts = contracts();
        let def = &contracts.0.types[id];
        if def.name.as_deref() == Some(TIMESTAMP) {
            return json!({"type": "string", "format": "date-time"});
        }
        match &def.kind {
            // An alias has no schema of its own: it would be one more name for the same.
            TypeDefKind::Type(other) => self.schema(*other),
            TypeDefKind::List(of) => json!({"type": "array", "items": self.schema(*of)}),
            TypeDefKind::Option(of) => or_null(self.schema(*of)),
            _ => match contracts.name(def) {
                Some(name) => self.named(name, id),
                None => self.structure(id),
            },
        }
    }

    /// A reference to the schema, which is made once.
    fn named(&mut self, name: String, id: TypeId) -> Value {
        let reference = reference(&name);
        if !self.named.contains_key(&name) {
            // A type that refers to itself finds it begun, which ends the recursion.
            self.named.insert(name.clone(), Value::Null);
            let mut structure = self.structure(id);
            self.describe(&mut structure, &contracts().0.types[id].docs);
            self.named.insert(name, structure);
        }
        reference
    }

    fn structure(&mut self, id: TypeId) -> Value {
        let def = &contracts().0.types[id];
        match &def.kind {
            TypeDefKind::Record(record) => {
                let mut object = Object::default();
                for field in &record.fields {
                    object.add(self, &field.name, field.ty, Absent::LeftOut);
                    self.describe(object.field(&field.name), &field.docs);
                }
                object.done()
            }
            TypeDefKind::Enum(cases) => {
                let names = cases.cases.iter().map(|case| camel(&case.name));
                json!({"type": "string", "enum": names.collect::<Vec<_>>()})
            }
            TypeDefKind::Variant(variant) => {
                let cases = variant.cases.iter().map(|case| {
                    let name = camel(&case.name);
                    let Some(of) = case.ty else {
                        return json!({"const": name});
                    };
                    let fields = Map::from_iter([(name.clone(), self.schema(of))]);
                    closed(fields, vec![name])
                });
                // A case without a value is its name, one with a value an object of one field.
                json!({"oneOf": cases.collect::<Vec<_>>()})
            }
            _ => json!({}),
        }
    }
}

/// What may stand for a value that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    LeftOut,
    OrNull,
}

/// An object's schema in the making.
#[derive(Default)]
pub(crate) struct Object {
    fields: Map<String, Value>,
    required: Vec<String>,
}

impl Object {
    fn add(&mut self, schemas: &mut Schemas, name: &str, of: Type, absent: Absent) {
        let name = camel(name);
        let schema = match optional(of) {
            // What is absent is left out of an answer; a body may also say that it is null.
            Some(inner) if absent == Absent::LeftOut => schemas.schema(inner),
            _ => schemas.schema(of),
        };
        if optional(of).is_none() {
            self.required.push(name.clone());
        }
        self.fields.insert(name, schema);
    }

    /// The schema of a field, by its name in the contract.
    fn field(&mut self, name: &str) -> &mut Value {
        self.fields.entry(camel(name)).or_insert_with(|| json!({}))
    }

    /// Keeps only these fields.
    pub(crate) fn only(mut self, names: &[&str]) -> Self {
        self.fields.retain(|name, _| names.contains(&name.as_str()));
        self.required.retain(|name| names.contains(&name.as_str()));
        self
    }

    /// Adds a field of the API's own, or gives one of the contract another form.
    pub(crate) fn with(mut self, name: &str, schema: Value, required: bool) -> Self {
        self = self.without(name);
        self.fields.insert(name.to_owned(), schema);
        if required {
            self.required.push(name.to_owned());
        }
        self
    }

    /// Adds the fields of another object.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.fields.extend(other.fields);
        self.required.extend(other.required);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.remove(name);
        self.required.retain(|required| required != name);
        self
    }

    /// Makes a field one that may be left out of a body.
    pub(crate) fn optional(mut self, name: &str) -> Self {
        if let Some(mut schema) = self.fields.remove(name) {
            let described = schema.as_object_mut().and_then(|s| s.remove("description"));
            let mut schema = or_null(schema);
            if let Some(described) = described {
                schema["description"] = described;
            }
            self.fields.insert(name.to_owned(), schema);
        }
        self.required.retain(|required| required != name);
        self
    }

    pub(crate) fn done(self) -> Value {
        closed(self.fields, self.required)
    }
}

pub(super) fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Adds a description for people to a schema.
pub(crate) fn about(text: &str, mut schema: Value) -> Value {
    schema["description"] = text.into();
    schema
}

fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn optional(of: Type) -> Option<Type> {
    let Type::Id(id) = of else { return None };
    match contracts().0.types[id].kind {
        TypeDefKind::Option(inner) => Some(inner),
        _ => None,
    }
}

fn closed(fields: Map<String, Value>, required: Vec<String>) -> Value {
    json!({
        "type": "object",
        "properties": fields,
        "required": required,
        "additionalProperties": false,
    })
}
