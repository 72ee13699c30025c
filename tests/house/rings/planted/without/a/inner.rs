use super::A;
pub struct Inner(A);
