//! Text as a Rust program handles it: words counted in hash maps, an ordered index, closures that
//! sort and filter, strings that are built, parsed and formatted, expressions as trees of enums.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::rc::Rc;

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn text(random: &mut Random, words: usize) -> String {
    let syllables = ["ba", "ke", "lo", "mi", "nu", "po", "ra", "se", "ti", "vu", "zé", "ö"];
    let mut text = String::new();
    for i in 0..words {
        for _ in 0..1 + random.below(3) {
            text.push_str(syllables[random.below(syllables.len() as u64) as usize]);
        }
        text.push(if i % 11 == 10 { '\n' } else { ' ' });
    }
    text
}

fn count(text: &str) -> (usize, u64) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.iter().map(|(word, n)| (*n, word.to_uppercase())).collect();
    sorted.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let head = sorted.iter().take(100).fold(0u64, |sum, (n, word)| {
        word.chars().fold(sum.wrapping_mul(31).wrapping_add(*n as u64), |s, c| s.wrapping_mul(31).wrapping_add(c as u64))
    });
    (sorted.len(), head)
}

fn index(text: &str) -> usize {
    let mut lines: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        for word in line.split(' ').filter(|w| w.chars().count() > 2) {
            let places = lines.entry(word.chars().rev().collect()).or_default();
            if places.last() != Some(&number) {
                places.push(number);
            }
        }
    }
    lines.range("m".to_string()..).map(|(word, places)| word.len() * places.len()).sum()
}

enum Term {
    Number(i64),
    Variable(usize),
    Pair(Operation, Rc<Term>, Rc<Term>),
}

type Operation = fn(i64, i64) -> i64;

fn operation(symbol: u8) -> Operation {
    match symbol {
        b'+' => i64::wrapping_add,
        b'-' => i64::wrapping_sub,
        b'*' => i64::wrapping_mul,
        _ => |a, b| if b == 0 { a } else { a.wrapping_rem(b) },
    }
}

/// Prefix notation, as `+ a * 3 b`.
fn parse<'a>(tokens: &mut impl Iterator<Item = &'a str>) -> Result<Rc<Term>, String> {
    let token = tokens.next().ok_or_else(|| "end of the text".to_string())?;
    Ok(Rc::new(match token.as_bytes()[0] {
        symbol @ (b'+' | b'-' | b'*' | b'%') => Term::Pair(operation(symbol), parse(tokens)?, parse(tokens)?),
        letter @ b'a'..=b'h' => Term::Variable((letter - b'a') as usize),
        _ => Term::Number(token.parse().map_err(|_| format!("what is {token}?"))?),
    }))
}

fn value(term: &Term, variables: &[i64; 8]) -> i64 {
    match term {
        Term::Number(number) => *number,
        Term::Variable(index) => variables[*index],
        Term::Pair(operation, left, right) => operation(value(left, variables), value(right, variables)),
    }
}

fn write_term(random: &mut Random, depth: u32, out: &mut String) {
    if depth == 0 || random.below(8) == 0 {
        if random.below(2) == 0 {
            out.push((b'a' + random.below(8) as u8) as char);
        } else {
            write!(out, "{}", random.below(1000)).unwrap();
        }
        out.push(' ');
        return;
    }
    out.push_str(["+ ", "- ", "* ", "% "][random.below(4) as usize]);
    write_term(random, depth - 1, out);
    write_term(random, depth - 1, out);
}

fn main() {
    let rounds: u64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1);
    let mut random = Random(88172645463325252);
    let mut total = 0u64;
    for _ in 0..rounds {
        let words = text(&mut random, 20_000);
        let (different, head) = count(&words);
        total = total.rotate_left(7) ^ head ^ different as u64 ^ index(&words) as u64;
        let mut written = String::new();
        write_term(&mut random, 10, &mut written);
        let term = parse(&mut written.split_whitespace()).expect("an expression");
        for i in 0..200 {
            let variables = [i, i + 1, i * 3, 7, i ^ 5, 100 - i, 2, i * i];
            total = total.rotate_left(3) ^ value(&term, &variables) as u64;
        }
    }
    println!("{rounds} rounds, {total:016x}");
}
