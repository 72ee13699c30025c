use super::*;
use crate::broker::packet::Qos;
use crate::topic::covers;

const ANY: Subscription = Subscription {
    wish: Wish {
        qos: Qos::AtMostOnce,
        no_local: false,
        as_published: false,
        retained: 0,
    },
    number: None,
};

const STREET: Side = Side::Street;

fn each(tree: &Subscriptions, topic: &str) -> Vec<u64> {
    let mut found = Covering::default();
    tree.covering(topic, &mut found);
    let mut each: Vec<u64> = found.each.into_iter().map(|(id, _)| id.0).collect();
    each.sort_unstable();
    each
}

#[test]
fn the_tree_finds_what_each_filter_covers() {
    let filters = ["a/b", "a/+", "a/#", "#", "+/b", "+", "a//c", "a/+/c", "+/#"];
    let mut tree = Subscriptions::default();
    for (at, filter) in (0..).zip(filters) {
        assert!(tree.add(filter, STREET, SessionId(at), ANY));
        assert!(!tree.add(filter, STREET, SessionId(at), ANY));
    }
    for topic in ["a", "a/b", "a/x", "b/b", "a//c", "a/x/c", "/", "ä/ö/ü", "b"] {
        let all = (0..).zip(filters);
        let covering = all.filter(|(_, filter)| covers(filter, topic));
        let expected: Vec<u64> = covering.map(|(at, _)| at).collect();
        assert_eq!(each(&tree, topic), expected, "{topic}");
    }
    for (at, filter) in (0..).zip(filters) {
        assert!(tree.remove(filter, STREET, SessionId(at)));
        assert!(!tree.remove(filter, STREET, SessionId(at)));
    }
    assert!(tree.is_empty());
}

#[test]
fn a_group_takes_turns_and_each_side_has_groups_of_its_own() {
    let mut tree = Subscriptions::default();
    let filter = "$share/g/a/+";
    for id in [1, 2, 3] {
        assert!(tree.add(filter, STREET, SessionId(id), ANY));
    }
    assert!(!tree.add(filter, STREET, SessionId(3), ANY));
    assert!(tree.add(filter, Side::House, SessionId(9), ANY));
    assert!(each(&tree, "a/b").is_empty());
    let mut found = Covering::default();
    tree.covering("a/b", &mut found);
    assert_eq!(found.groups.len(), 2);

    let group = tree.group(filter, STREET).expect("a group");
    let firsts = (0..6).filter_map(|_| group.in_turn().next());
    let firsts: Vec<u64> = firsts.map(|(id, _)| id.0).collect();
    assert_eq!(firsts, [1, 2, 3, 1, 2, 3]);

    for id in [1, 2, 3] {
        assert!(tree.remove(filter, STREET, SessionId(id)));
    }
    assert!(!tree.remove(filter, STREET, SessionId(9)));
    assert!(tree.group(filter, STREET).is_none());
    assert!(tree.remove(filter, Side::House, SessionId(9)));
    assert!(tree.is_empty());
}
