//! For any type and any value of it: written and read again it is the same.

use std::sync::Arc;

use pizza_value::ty::{Case, Enum, Field, Flags, Name, Record, ResultType, Type, Variant};
use pizza_value::{Limits, Value, from_json, to_json};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

const LEAVES: [Type; 13] = [
    Type::Bool,
    Type::S8,
    Type::U8,
    Type::S16,
    Type::U16,
    Type::S32,
    Type::U32,
    Type::S64,
    Type::U64,
    Type::F32,
    Type::F64,
    Type::Char,
    Type::String,
];

fn names(prefix: &'static str) -> impl Strategy<Value = Vec<String>> {
    (1..5_usize).prop_map(move |count| (0..count).map(|n| format!("{prefix}-x{n}")).collect())
}

pub(crate) fn any_type() -> impl Strategy<Value = Type> {
    let name = |names: Vec<String>| names.iter().map(|n| Name::new(n)).collect();
    let leaf = prop_oneof![
        6 => prop::sample::select(&LEAVES[..]),
        1 => names("name").prop_map(move |n| Type::Enum(Arc::new(Enum { names: name(n) }))),
        1 => names("flag").prop_map(move |n| Type::Flags(Arc::new(Flags { names: name(n) }))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let optional = option::of(inner.clone());
        prop_oneof![
            inner.clone().prop_map(|ty| Type::List(Arc::new(ty))),
            inner.clone().prop_map(|ty| Type::Option(Arc::new(ty))),
            vec(inner.clone(), 1..4).prop_map(|types| Type::Tuple(types.into())),
            vec(inner, 1..4).prop_map(|types| {
                let named = types.into_iter().enumerate();
                let fields = named
                    .map(|(n, ty)| Field::new(&format!("field-x{n}"), ty))
                    .collect();
                Type::Record(Arc::new(Record { fields }))
            }),
            vec(optional.clone(), 1..4).prop_map(|types| {
                let named = types.into_iter().enumerate();
                let cases = named
                    .map(|(n, ty)| Case::new(&format!("case-x{n}"), ty))
                    .collect();
                Type::Variant(Arc::new(Variant { cases }))
            }),
            (optional.clone(), optional)
                .prop_map(|(ok, err)| Type::Result(Arc::new(ResultType { ok, err }))),
        ]
    })
}

fn boxed(ty: Option<&Type>) -> BoxedStrategy<Option<Box<Value>>> {
    match ty {
        Some(ty) => value_of(ty).prop_map(|v| Some(Box::new(v))).boxed(),
        None => Just(None).boxed(),
    }
}

fn all(types: impl Iterator<Item = Type>) -> BoxedStrategy<Vec<Value>> {
    let values: Vec<_> = types.map(|ty| value_of(&ty)).collect();
    values.boxed()
}

fn value_of(ty: &Type) -> BoxedStrategy<Value> {
    match ty {
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::S8 => any::<i8>().prop_map(Value::S8).boxed(),
        Type::U8 => any::<u8>().prop_map(Value::U8).boxed(),
        Type::S16 => any::<i16>().prop_map(Value::S16).boxed(),
        Type::U16 => any::<u16>().prop_map(Value::U16).boxed(),
        Type::S32 => any::<i32>().prop_map(Value::S32).boxed(),
        Type::U32 => any::<u32>().prop_map(Value::U32).boxed(),
        Type::S64 => any::<i64>().prop_map(Value::S64).boxed(),
        Type::U64 => any::<u64>().prop_map(Value::U64).boxed(),
        Type::F32 => any::<f32>().prop_map(Value::F32).boxed(),
        Type::F64 => any::<f64>().prop_map(Value::F64).boxed(),
        Type::Char => any::<char>().prop_map(Value::Char).boxed(),
        Type::String => any::<String>().prop_map(Value::String).boxed(),
        Type::List(ty) if **ty == Type::U8 => {
            vec(any::<u8>(), 0..20).prop_map(Value::Bytes).boxed()
        }
        Type::List(ty) => vec(value_of(ty), 0..4).prop_map(Value::List).boxed(),
        Type::Option(ty) => option::of(value_of(ty).prop_map(Box::new))
            .prop_map(Value::Option)
            .boxed(),
        Type::Tuple(types) => all(types.iter().cloned()).prop_map(Value::Tuple).boxed(),
        Type::Record(record) => {
            let types = record.fields.iter().map(|field| field.ty.clone());
            all(types).prop_map(Value::Record).boxed()
        }
        Type::Variant(variant) => {
            let variant = Arc::clone(variant);
            let case = 0..variant.cases.len();
            let with = move |at: usize| {
                let payload = boxed(variant.cases[at].ty.as_ref());
                payload.prop_map(move |payload| Value::Variant(at as u32, payload))
            };
            case.prop_flat_map(with).boxed()
        }
        Type::Enum(names) => (0..names.names.len() as u32).prop_map(Value::Enum).boxed(),
        Type::Flags(flags) => {
            let set = btree_set(0..flags.names.len() as u32, 0..=flags.names.len());
            set.prop_map(|set| Value::Flags(set.into_iter().collect()))
                .boxed()
        }
        Type::Result(result) => prop_oneof![
            boxed(result.ok.as_ref()).prop_map(|v| Value::Result(Ok(v))),
            boxed(result.err.as_ref()).prop_map(|v| Value::Result(Err(v))),
        ]
        .boxed(),
    }
}

pub(crate) fn typed_value() -> impl Strategy<Value = (Type, Value)> {
    any_type().prop_flat_map(|ty| {
        let value = value_of(&ty);
        (Just(ty), value)
    })
}

proptest! {
    #[test]
    fn a_value_comes_back((ty, value) in typed_value()) {
        let json = to_json(&value, &ty).expect("of the type");
        let again = from_json(&json, &ty, &Limits::default());
        let text = String::from_utf8_lossy(&json);
        prop_assert_eq!(again.as_ref(), Ok(&value), "{}", text);
        let parsed: Result<serde_json::Value, _> = serde_json::from_slice(&json);
        prop_assert!(parsed.is_ok(), "{}", text);
    }

    #[test]
    fn no_bytes_do_harm(ty in any_type(), bytes in vec(any::<u8>(), 0..200)) {
        // Whether they are taken is not the question.
        drop(from_json(&bytes, &ty, &Limits::default()));
    }

    #[test]
    fn no_document_of_another_type_does_harm((_, value) in typed_value(), (ty, own) in typed_value()) {
        let json = to_json(&own, &ty).expect("of the type");
        let taken = from_json(&json, &ty, &Limits::default()).expect("its own");
        prop_assert_eq!(taken, own);
        // Either it is written, or the misfit is named.
        if let Err(error) = to_json(&value, &ty) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
