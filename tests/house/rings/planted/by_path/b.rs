pub fn b() {
    println!("{:?}", super::a::a());
}
