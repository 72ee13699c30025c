use crate::A;
pub struct B(Box<A>);
