use super::*;
use crate::packet::Qos;
use crate::topic::covers;

const ANY: Subscription = Subscription {
    options: SubscriptionOptions {
        qos: Qos::AtMostOnce,
        no_local: false,
        retain_as_published: false,
        retain_handling: 0,
    },
    id: None,
};

const EXTERNAL: Origin = Origin::External;

fn each(tree: &Subscriptions, topic: &str) -> Vec<u64> {
    let mut found = Matches::default();
    tree.matching(topic, &mut found);
    let mut each: Vec<u64> = found.each.into_iter().map(|(id, _)| id.0).collect();
    each.sort_unstable();
    each
}

#[test]
fn the_tree_finds_what_each_filter_covers() {
    let filters = ["a/b", "a/+", "a/#", "#", "+/b", "+", "a//c", "a/+/c", "+/#"];
    let mut tree = Subscriptions::default();
    for (at, filter) in (0..).zip(filters) {
        assert!(tree.add(filter, EXTERNAL, SessionId(at), ANY));
        assert!(!tree.add(filter, EXTERNAL, SessionId(at), ANY));
    }
    for topic in ["a", "a/b", "a/x", "b/b", "a//c", "a/x/c", "/", "ä/ö/ü", "b"] {
        let all = (0..).zip(filters);
        let matching = all.filter(|(_, filter)| covers(filter, topic));
        let expected: Vec<u64> = matching.map(|(at, _)| at).collect();
        assert_eq!(each(&tree, topic), expected, "{topic}");
    }
    for (at, filter) in (0..).zip(filters) {
        assert!(tree.remove(filter, EXTERNAL, SessionId(at)));
        assert!(!tree.remove(filter, EXTERNAL, SessionId(at)));
    }
    assert!(tree.is_empty());
}

#[test]
fn a_group_takes_turns_and_each_origin_has_groups_of_its_own() {
    let mut tree = Subscriptions::default();
    let filter = "$share/g/a/+";
    for id in [1, 2, 3] {
        assert!(tree.add(filter, EXTERNAL, SessionId(id), ANY));
    }
    assert!(!tree.add(filter, EXTERNAL, SessionId(3), ANY));
    assert!(tree.add(filter, Origin::Internal, SessionId(9), ANY));
    assert!(each(&tree, "a/b").is_empty());
    let mut found = Matches::default();
    tree.matching("a/b", &mut found);
    assert_eq!(found.groups.len(), 2);

    let group = tree.group(filter, EXTERNAL).expect("a group");
    let firsts = (0..6).filter_map(|_| group.in_turn().next());
    let firsts: Vec<u64> = firsts.map(|(id, _)| id.0).collect();
    assert_eq!(firsts, [1, 2, 3, 1, 2, 3]);

    for id in [1, 2, 3] {
        assert!(tree.remove(filter, EXTERNAL, SessionId(id)));
    }
    assert!(!tree.remove(filter, EXTERNAL, SessionId(9)));
    assert!(tree.group(filter, EXTERNAL).is_none());
    assert!(tree.remove(filter, Origin::Internal, SessionId(9)));
    assert!(tree.is_empty());
}
