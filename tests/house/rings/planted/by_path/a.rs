pub fn a() {
    crate::b::b();
}
