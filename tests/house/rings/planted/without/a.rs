mod inner;
pub use inner::Inner;
pub struct A;
#[cfg(test)]
mod tests {
    use crate::b::B;
}
