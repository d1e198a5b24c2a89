//! Checks the write-ahead log (WAL) of `kaquan.db` before SQLite opens it. SQLite ignores unreadable content, so a
//! damaged or lost WAL would silently undo the last commits. Called only while no process has the file open.

use super::io;
use crate::error::Result;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

/// Bytes of the header of a WAL, and of the header of each frame in it.
const HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;
/// The magic number of a WAL without its last bit, which is the byte order of the checksums.
const MAGIC: u32 = 0x377f_0682;

/// Whether a WAL that is not empty has a valid header.
pub(super) fn has_header(dir: &Path) -> Result<bool> {
    let header = beginning(&dir.join("kaquan.db-wal"), HEADER)?;
    let magic = number(&header, 0, u32::from_be_bytes);
    Ok(header.len() as u64 == HEADER && magic.is_some_and(|magic| magic & !1 == MAGIC))
}

/// If frames are missing that are not in the file yet: the number of frames in the WAL's index, and the number in the
/// WAL. The index `kaquan.db-shm` has the byte order of the machine.
pub(super) fn lost_frames(dir: &Path) -> Result<Option<(u64, u64)>> {
    let index = beginning(&dir.join("kaquan.db-shm"), 136)?;
    let is_whole = index.len() == 136 && index.get(12) == Some(&1) && index.get(..48) == index.get(48..96);
    let native = |at| number(&index, at, u32::from_ne_bytes).map(u64::from);
    let (Some(page), Some(known), Some(copied)) =
        (number(&index, 14, u16::from_ne_bytes), native(16), native(96))
    else {
        return Ok(None);
    };
    let page = page_size(page);
    let length = super::life::size(&dir.join("kaquan.db-wal"))?;
    let left = length.saturating_sub(HEADER) / (FRAME_HEADER + page);
    Ok((is_whole && known > copied && left < known).then_some((known, left)))
}

/// If a page is missing in both `kaquan.db` and the WAL: the number of pages that `kaquan.db` should have, and the
/// number it has. A checkpoint during a read leaves pages in the WAL, which is normal.
pub(super) fn lost_pages(dir: &Path) -> Result<Option<(u64, u64)>> {
    let path = dir.join("kaquan.db");
    // A first start was killed while it wrote the first page. SQLite rolls that page back.
    if super::life::size(&dir.join("kaquan.db-journal"))? > 0 {
        return Ok(None);
    }
    let header = beginning(&path, 100)?;
    let (Some(page), Some(pages)) =
        (number(&header, 16, u16::from_be_bytes), number(&header, 28, u32::from_be_bytes))
    else {
        return Ok(None);
    };
    let page = page_size(page);
    // A file with another page size is not a database. SQLite reports that itself.
    if !page.is_power_of_two() || page < 512 {
        return Ok(None);
    }
    let (pages, left) = (u64::from(pages), super::life::size(&path)? / page);
    if left >= pages {
        return Ok(None);
    }
    let mut logged = BTreeSet::new();
    visit_frames(dir, |number, _| {
        logged.insert(u64::from(number));
    })?;
    Ok((!(left + 1..=pages).all(|page| logged.contains(&page))).then_some((pages, left)))
}

/// The `application_id` in the last copy of the first page in the WAL.
pub(super) fn last_id(dir: &Path) -> Result<Option<u32>> {
    let mut last = None;
    visit_frames(dir, |page, bytes| {
        if page == 1 {
            last = number(bytes, 68, u32::from_be_bytes);
        }
    })?;
    Ok(last)
}

/// Visits the frames of the WAL: the number of each page, and the beginning of its content.
fn visit_frames(dir: &Path, mut visit: impl FnMut(u32, &[u8])) -> Result<()> {
    let path = dir.join("kaquan.db-wal");
    let mut file = match File::open(&path) {
        Ok(file) => BufReader::new(file),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(&path)(error)),
    };
    let mut log = [0; HEADER as usize];
    let mut frame = [0; FRAME_HEADER as usize + 100];
    if file.read_exact(&mut log).is_err() {
        return Ok(());
    }
    let page = number(&log, 8, u32::from_be_bytes).map_or(0, i64::from);
    // Frames from an earlier round of the WAL have other salts.
    while file.read_exact(&mut frame).is_ok() && frame[8..16] == log[16..24] {
        if let Some(number) = number(&frame, 0, u32::from_be_bytes) {
            visit(number, &frame[FRAME_HEADER as usize..]);
        }
        file.seek_relative(page - 100).map_err(io(&path))?;
    }
    Ok(())
}

/// A page size as SQLite stores it: 1 means 65536.
fn page_size(written: u16) -> u64 {
    if written == 1 { 65_536 } else { u64::from(written) }
}

fn number<const N: usize, T>(bytes: &[u8], at: usize, of: fn([u8; N]) -> T) -> Option<T> {
    bytes.get(at..at + N)?.try_into().ok().map(of)
}

/// The first bytes of a file; empty if the file does not exist.
fn beginning(path: &Path, length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(length).read_to_end(&mut bytes)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(bytes),
    }
}
