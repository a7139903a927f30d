use super::inferred;

#[test]
fn dump() {
    let text = std::fs::read_to_string("spec/flow/openapi.yaml").expect("there");
    let found = inferred(&text);
    println!("{}", serde_saphyr::to_string(&found.behaviour).expect("yaml"));
    for reason in found.reasons { println!("{}  {}", reason.pointer, reason.text); }
}
