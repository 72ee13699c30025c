//! A value of some type. It carries no type of its own: indices point into the type's
//! fields, cases and names.

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Bool(bool),
    S8(i8),
    U8(u8),
    S16(i16),
    U16(u16),
    S32(i32),
    U32(u32),
    S64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Char(char),
    String(String),
    List(Vec<Value>),
    /// A `list<u8>`, and nothing else: one byte each instead of a value each.
    Bytes(Vec<u8>),
    /// The values of the fields, in the order of the fields.
    Record(Vec<Value>),
    Tuple(Vec<Value>),
    /// The index of the case, and its payload if it has one.
    Variant(u32, Option<Box<Value>>),
    Enum(u32),
    Option(Option<Box<Value>>),
    Result(Result<Option<Box<Value>>, Option<Box<Value>>>),
    /// The indices of the flags that are set, ascending.
    Flags(Vec<u32>),
}
