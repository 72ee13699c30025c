mod child;
pub struct A;
pub fn go() {
    child::go();
}
