//! A chunk of an import in parts. Each part is an operation of its own, so that the batches of other apps stay short.

use super::import::{CODES_PER_CHUNK, CODES_PER_PART, ImportCodes, ImportOutcome};

/// Imports a chunk in parts, each as its own operation. Every code of the chunk is checked before the first is
/// imported. If a chunk is interrupted between two parts, it is resumed like a file.
#[derive(Debug)]
pub struct ImportParts {
    chunk: ImportCodes,
    /// The number of the first code of the last part.
    from: u64,
    begun: bool,
    /// Whether the codes of the chunk were checked together: the first part that is imported now checks them all.
    checked: bool,
    outcome: ImportOutcome,
}

impl ImportParts {
    /// The parts of this chunk.
    pub fn of(chunk: ImportCodes) -> ImportParts {
        let (from, next) = (chunk.from, chunk.from);
        let outcome = ImportOutcome { next, ..ImportOutcome::default() };
        ImportParts { chunk, from, begun: false, checked: false, outcome }
    }

    /// The next part; call [`ImportParts::add`] with its outcome. Returns `None` after the last part. For a chunk
    /// without codes, the parts only return outcomes, at most for the largest chunk.
    pub fn next_part(&mut self) -> Option<ImportCodes> {
        let ImportOutcome { done, next, .. } = self.outcome;
        let at = usize::try_from(next - self.chunk.from).unwrap_or(usize::MAX);
        let more = match self.chunk.codes.len() {
            // A part with another length is the last one of its chunk.
            0 => next - self.from == CODES_PER_PART as u64 && next < done && at < CODES_PER_CHUNK,
            codes => at < codes,
        };
        if self.begun && !more {
            return None;
        }
        let codes = self.chunk.codes.get(at..).unwrap_or_default();
        let (codes, rest) = codes.split_at(codes.len().min(CODES_PER_PART));
        let rest = if self.checked { Vec::new() } else { rest.to_vec() };
        // Parts before `done` were imported earlier, and only their outcomes are returned.
        self.checked |= self.begun && next >= done;
        (self.begun, self.from) = (true, next);
        Some(ImportCodes {
            card_id: self.chunk.card_id.clone(),
            file: self.chunk.file.clone(),
            from: next,
            codes: codes.to_vec(),
            rest,
            chunk_from: self.chunk.from,
            stock: self.chunk.stock,
        })
    }

    /// Adds the outcome of a part.
    pub fn add(&mut self, part: ImportOutcome) {
        let before = u32::try_from(self.from - self.chunk.from).unwrap_or(u32::MAX);
        let ImportOutcome { done, next, succ, duplicate, fail } = part;
        self.outcome.duplicate.extend(duplicate.into_iter().map(|place| place.saturating_add(before)));
        self.outcome.fail.extend(fail.into_iter().map(|place| place.saturating_add(before)));
        // The next position must not be before this part: otherwise the parts would never end.
        (self.outcome.done, self.outcome.next) = (done, next.max(self.from));
        self.outcome.succ += succ;
    }

    /// The outcome of the chunk.
    pub fn outcome(self) -> ImportOutcome {
        self.outcome
    }
}

#[cfg(test)]
mod tests {
    use super::super::import::tests::{import, world};
    use super::*;
    use crate::engine::Command;
    use crate::engine::testing::*;
    use crate::error::{ErrCode, Result};

    /// Imports a chunk in parts. Stops after `most` parts.
    fn in_parts(world: &mut World, chunk: ImportCodes, most: usize) -> Result<(ImportOutcome, usize)> {
        let (mut parts, mut count) = (ImportParts::of(chunk), 0);
        while count < most
            && let Some(part) = parts.next_part()
        {
            assert!(part.codes.len() <= CODES_PER_PART);
            assert!(part.cost() <= CODES_PER_PART);
            parts.add(world.run(part)?);
            count += 1;
        }
        Ok((parts.outcome(), count))
    }

    #[test]
    fn a_chunk_in_parts_has_the_outcome_of_one_that_is_whole() {
        let names: Vec<String> = (0..450).map(|n| format!("code-{n}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        let long = "x".repeat(21);
        (names[7], names[207], names[449]) = ("a", long.as_str(), "b");
        let prepared = || {
            let (mut world, card) = world();
            world.run(import(&card, 0, &["a", "b"])).unwrap();
            (world, ImportCodes { file: "g".into(), stock: true, ..import(&card, 0, &names) })
        };
        let (mut whole, chunk) = prepared();
        let expected = whole.run(chunk).unwrap();
        let (mut world, chunk) = prepared();
        assert_eq!(in_parts(&mut world, chunk.clone(), 9).unwrap(), (expected.clone(), 5));
        assert_eq!((&expected.duplicate[..], &expected.fail[..]), (&[7, 449][..], &[207][..]));
        // Importing it again, and asking for it, return the same outcome.
        assert_eq!(in_parts(&mut world, chunk.clone(), 9).unwrap(), (expected.clone(), 5));
        let asked = ImportCodes { codes: Vec::new(), ..chunk.clone() };
        assert_eq!(in_parts(&mut world, asked, 9).unwrap(), (expected.clone(), 5));
        // A chunk that an earlier version imported as a whole is reported as a whole.
        assert_eq!(in_parts(&mut whole, chunk.clone(), 9).unwrap(), (expected.clone(), 1));
        // An interrupted chunk is resumed.
        let (mut world, chunk) = prepared();
        let (cut, _) = in_parts(&mut world, chunk.clone(), 2).unwrap();
        assert_eq!((cut.done, cut.next, cut.succ), (200, 200, 199));
        let rest = ImportCodes { from: 200, codes: chunk.codes[200..].to_vec(), ..chunk.clone() };
        assert_eq!(in_parts(&mut world, rest, 9).unwrap().0.done, 450);
        assert_eq!(in_parts(&mut world, chunk, 9).unwrap().0, expected);
    }

    #[test]
    fn no_part_is_imported_when_any_code_of_the_chunk_is_refused() {
        let (mut world, card) = world();
        let names: Vec<String> = (0..300).map(|n| format!("code-{n}")).collect();
        for (bad, errcode) in [("", ErrCode::HaveEmptyCode), ("code-0", ErrCode::HaveSameCode)] {
            let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
            names[299] = bad;
            assert_eq!(in_parts(&mut world, import(&card, 0, &names), 9).unwrap_err().code, errcode);
        }
        // The same holds if the first part was imported earlier.
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        in_parts(&mut world, import(&card, 0, &names), 1).unwrap();
        for (bad, errcode) in [("", ErrCode::HaveEmptyCode), ("code-110", ErrCode::HaveSameCode)] {
            names[299] = bad;
            assert_eq!(in_parts(&mut world, import(&card, 0, &names), 9).unwrap_err().code, errcode);
            assert_eq!(in_parts(&mut world, import(&card, 100, &[]), 9).unwrap().0.done, 100, "{bad:?}");
        }
        let (mut world, card) = self::world();
        let many: Vec<String> = (0..=CODES_PER_CHUNK).map(|n| format!("code-{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(in_parts(&mut world, import(&card, 0, &many), 9).unwrap_err().code, ErrCode::TooManyCodes);
        assert_eq!(in_parts(&mut world, import(&card, 0, &[]), 9).unwrap().0.done, 0);
    }

    #[test]
    fn the_parts_of_a_chunk_do_not_begin_chunks() {
        let (mut world, card) = world();
        let texts = |from: usize, count: usize, name: &str| -> Vec<String> {
            (from..from + count).map(|n| format!("{name}{n}")).collect()
        };
        let chunk = |from: u64, codes: &[String]| {
            import(&card, from, &codes.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let first = in_parts(&mut world, chunk(0, &texts(0, 200, "a")), 9).expect("imported").0;
        let second = in_parts(&mut world, chunk(200, &texts(200, 250, "a")), 9).expect("imported").0;
        assert_eq!((first.succ, second.succ, second.done), (200, 250, 450));
        let before = world.clone();
        for (from, codes) in [
            (100, texts(100, 250, "b")),
            (100, texts(100, 100, "a")),
            (100, Vec::new()),
            (300, texts(300, 150, "a")),
            (400, texts(0, 300, "b")),
            (50, texts(50, 100, "a")),
        ] {
            let reply = in_parts(&mut world, chunk(from, &codes), 9);
            assert_eq!(refusal(reply), Some(ErrCode::InvalidArgs), "{from}, {} codes", codes.len());
        }
        for (from, next, succ) in [(0, 200, 200), (200, 450, 250)] {
            let reply = in_parts(&mut world, chunk(from, &[]), 9).expect("an answer").0;
            assert_eq!((reply.next, reply.succ, reply.done), (next, succ, 450), "{from}");
        }
        assert_eq!(world, before, "asking changes nothing");
        let again = in_parts(&mut world, chunk(200, &texts(200, 250, "a")), 9).expect("an answer").0;
        assert_eq!((again.next, again.succ), (450, 250));
    }

    #[test]
    fn a_chunk_that_was_cut_off_is_gone_on_with() {
        let (mut world, card) = world();
        let texts: Vec<String> = (0..250).map(|n| format!("a{n}")).collect();
        let chunk = || import(&card, 0, &texts.iter().map(String::as_str).collect::<Vec<_>>());
        let mut parts = ImportParts::of(chunk());
        let part = parts.next_part().expect("a part");
        world.run(part).expect("imported");
        let whole = in_parts(&mut world, chunk(), 9).expect("imported").0;
        assert_eq!((whole.done, whole.next, whole.succ), (250, 250, 250));
    }
}
