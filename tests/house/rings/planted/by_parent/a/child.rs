use super::A;
pub fn go() {
    let _ = A;
}
