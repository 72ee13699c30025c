//! JSON by chance: of a type, or nearly.

use pizza_value::ty::{Field, Function, Type};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value, json};

pub(crate) struct Chance {
    rng: StdRng,
    /// Texts that came up before: so that what is asked for is there.
    texts: Vec<String>,
    /// One in so many values is not what its type wants.
    wrong_one_in: u32,
}

/// Cases of the probe that only cost time.
const NEVER: &[&str] = &["spin"];

impl Chance {
    pub(crate) fn new(seed: u64, wrong_one_in: u32) -> Self {
        let texts = ["a", "1", "a-1", "Europe/Rome", "2026-11-28", "b.2"];
        Self {
            rng: StdRng::seed_from_u64(seed),
            texts: texts.map(str::to_owned).to_vec(),
            wrong_one_in,
        }
    }

    pub(crate) fn number(&mut self, below: u64) -> u64 {
        self.rng.random_range(0..below)
    }

    pub(crate) fn one_in(&mut self, many: u32) -> bool {
        self.rng.random_range(0..many) == 0
    }

    pub(crate) fn remember(&mut self, text: &str) {
        if self.texts.len() < 200 && text.len() <= 200 {
            self.texts.push(text.to_owned());
        }
    }

    pub(crate) fn text(&mut self) -> String {
        const ODD: &[&str] = &[
            "",
            "ä\u{202e}b",
            "line\nbreak",
            "\u{0}",
            "\"\\/\u{7f}",
            "🍕",
        ];
        match self.number(30) {
            0 => ODD[self.rng.random_range(0..ODD.len())].to_owned(),
            1 => "x".repeat(self.rng.random_range(0..300)),
            _ => self.texts[self.rng.random_range(0..self.texts.len())].clone(),
        }
    }

    /// Arguments of the function, as people and programs write them.
    pub(crate) fn arguments(&mut self, function: &Function) -> String {
        let mut text = if self.one_in(4) {
            let values = function.params.iter().map(|param| self.value(&param.ty));
            Value::Array(values.collect()).to_string()
        } else {
            Value::Object(self.fields(&function.params)).to_string()
        };
        if self.one_in(self.wrong_one_in * 4) {
            text.truncate(text.floor_char_boundary(text.len() / 2));
        }
        if function.params.is_empty() && self.one_in(2) {
            text.clear();
        }
        text
    }

    pub(crate) fn value(&mut self, ty: &Type) -> Value {
        if self.one_in(self.wrong_one_in) {
            return self.wrong();
        }
        match ty {
            Type::Bool => json!(self.one_in(2)),
            Type::F32 | Type::F64 => self.fraction(),
            Type::Char => json!("é"),
            Type::String => json!(self.text()),
            Type::List(ty) if **ty == Type::U8 => json!("AQI="),
            Type::List(ty) => {
                let count = if self.one_in(8) {
                    0
                } else {
                    1 + self.number(3)
                };
                (0..count).map(|_| self.value(ty)).collect()
            }
            Type::Record(record) => Value::Object(self.fields(&record.fields)),
            Type::Tuple(types) => types.iter().map(|ty| self.value(ty)).collect(),
            Type::Variant(variant) => {
                let cases = variant.cases.iter();
                let cases: Vec<_> = cases.filter(|c| !NEVER.contains(&&*c.name)).collect();
                let case = cases[self.rng.random_range(0..cases.len())];
                let name = if self.one_in(20) {
                    &case.name
                } else {
                    &case.json
                };
                match &case.ty {
                    Some(ty) => json!({ name: self.value(ty) }),
                    None if self.one_in(8) => json!({ name: null }),
                    None => json!(name),
                }
            }
            Type::Enum(names) => {
                let name = &names.names[self.rng.random_range(0..names.names.len())];
                json!(if self.one_in(20) {
                    &name.name
                } else {
                    &name.json
                })
            }
            Type::Option(ty) if self.one_in(2) => match &**ty {
                Type::Option(_) => json!({ "some": self.value(ty) }),
                ty => self.value(ty),
            },
            Type::Option(_) => Value::Null,
            Type::Result(result) => {
                let (name, ty) = if self.one_in(4) {
                    ("err", &result.err)
                } else {
                    ("ok", &result.ok)
                };
                json!({ name: ty.as_ref().map(|ty| self.value(ty)) })
            }
            Type::Flags(_) => json!([]),
            // What is left are integers.
            _ => self.integer(ty),
        }
    }

    fn fields(&mut self, fields: &[Field]) -> Map<String, Value> {
        let mut object = Map::new();
        for field in fields {
            let is_absent = matches!(field.ty, Type::Option(_)) && self.one_in(3);
            if is_absent || self.one_in(self.wrong_one_in * 4) {
                continue;
            }
            object.insert(field.json.clone(), self.value(&field.ty));
        }
        if self.one_in(self.wrong_one_in * 4) {
            object.insert("nobodyKnows".to_owned(), json!(1));
        }
        object
    }

    fn integer(&mut self, ty: &Type) -> Value {
        let most: u64 = match ty {
            Type::U8 => 255,
            Type::S8 => 127,
            Type::U16 => 65_535,
            Type::S16 => 32_767,
            Type::U32 => u64::from(u32::MAX),
            Type::S32 => 2_147_483_647,
            _ => 1_800_000_100_000,
        };
        let number = match self.number(10) {
            0 => most,
            1 => self.rng.random_range(0..=most),
            2 => 0,
            _ => 1 + self.number(20),
        };
        match self.number(30) {
            0 => json!(number as f64),
            1 if matches!(ty, Type::U64 | Type::S64) => json!(number.to_string()),
            _ => json!(number),
        }
    }

    fn fraction(&mut self) -> Value {
        match self.number(12) {
            0 => json!("NaN"),
            1 => json!(self.number(90)),
            2 => json!(0.000_01),
            3 => json!(1e21),
            _ => json!(self.rng.random_range(-90.0..90.0)),
        }
    }

    fn wrong(&mut self) -> Value {
        match self.number(7) {
            0 => Value::Null,
            1 => json!(-1),
            2 => json!(1.5),
            3 => json!("no such name"),
            4 => json!([[]]),
            5 => json!({ "a": {} }),
            _ => json!(true),
        }
    }
}
