mod a;
use a::A;
pub struct Root(A);
