//! JSON to values and back, on the arguments and the result of creating an order.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pizza_value::ty::{Function, Type};
use pizza_value::{Limits, args_from_json, from_json, to_json};
use wit_parser::Resolve;

const ARGUMENTS: &str = r#"{"order":{"customerId":"customer-17","restaurantId":"napoli",
"items":[{"pizzaType":"Margherita","quantity":2},{"pizzaType":"Quattro Formaggi","quantity":1}],
"deliveryAddress":"Via Toledo 1, Napoli","deliveryLocation":{"lat":40.8404,"lon":14.2488}}}"#;

const RESULT: &str = r#"{"ok":{"orderId":"order-018f3c","customerId":"customer-17",
"restaurantId":"napoli","items":[{"pizzaType":"Margherita","quantity":2,"unitPriceCents":890},
{"pizzaType":"Quattro Formaggi","quantity":1,"unitPriceCents":1190}],"totalCents":2970,
"status":"created","deliveryAddress":"Via Toledo 1, Napoli",
"deliveryLocation":{"lat":40.8404,"lon":14.2488},"remakes":0,"late":false,"refund":false,
"createdAt":1800000000000,"updatedAt":1800000000000,"estimatedDeliveryAt":1800001800000,
"version":1}}"#;

/// `create` of the order, from its contract.
fn create() -> Function {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/pizzeria");
    let mut resolve = Resolve::default();
    let mut package = None;
    for folder in ["types", "order"] {
        let text = std::fs::read_to_string(format!("{root}/{folder}/{folder}.wit"));
        let text = text.expect("a contract");
        package = Some(resolve.push_str(folder, &text).expect("WIT"));
    }
    let package = &resolve.packages[package.expect("a package")];
    let interface = package.interfaces["order"];
    let functions = pizza_value::wit::functions(&resolve, interface).expect("plain types");
    let create = functions.into_iter().find(|f| f.name == "create");
    create.expect("orders can be created")
}

fn mapping(criterion: &mut Criterion) {
    let create = create();
    let result: &Type = create.result.as_ref().expect("a result");
    let limits = Limits::default();
    let value = from_json(RESULT.as_bytes(), result, &limits).expect("of the type");
    let json = to_json(&value, result).expect("of the type");
    let mut group = criterion.benchmark_group("mapping");
    group.throughput(Throughput::Bytes(ARGUMENTS.len() as u64));
    group.bench_function("arguments from JSON", |bencher| {
        bencher.iter(|| args_from_json(ARGUMENTS.as_bytes(), &create, &limits));
    });
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("result from JSON", |bencher| {
        bencher.iter(|| from_json(&json, result, &limits));
    });
    group.bench_function("result to JSON", |bencher| {
        bencher.iter(|| to_json(&value, result));
    });
    group.finish();
}

criterion_group!(benches, mapping);
criterion_main!(benches);
