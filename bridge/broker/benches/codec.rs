//! A position, as a phone of MQTT 5 publishes it: read and written again.

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use pizza_broker::bench::publish_both_ways;

const TOPIC: &str = "pizza/drivers/driver-17/location";
const PAYLOAD: &str = r#"{"lat": 41.9027, "lon": 12.4963, "timestamp": 1795590968000}"#;

fn publish() -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).expect("short");
    // QoS 1, and an expiry of a minute.
    let head = [&[0, length(TOPIC)], TOPIC.as_bytes()].concat();
    let body = [&head[..], b"\0\x07\x05\x02\0\0\0\x3c", PAYLOAD.as_bytes()].concat();
    let length = u8::try_from(body.len()).expect("short");
    assert!(length < 128, "a length of one byte");
    [&[0x32, length][..], &body].concat()
}

fn codec(criterion: &mut Criterion) {
    let packet = publish();
    let mut output = BytesMut::with_capacity(4_096);
    criterion.bench_function("a PUBLISH both ways", |bencher| {
        bencher.iter_batched(
            || BytesMut::from(&packet[..]),
            |mut input| {
                output.clear();
                publish_both_ways(&mut input, &mut output);
            },
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(benches, codec);
criterion_main!(benches);
