//! Recordings that are read once and needed again: their batches, compressed, in a file without a name.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use betrace_engine::TraceId;

/// Fast, and a tenth of the size.
const LEVEL: i32 = 1;

/// One thing that was read.
#[derive(Clone, Copy)]
pub enum Frame<'a> {
    /// The bytes of an `ExportTraceServiceRequest`.
    Spans(&'a [u8]),
    /// A trace of which more was recorded than came.
    Partial(TraceId),
}

/// Takes what is read.
pub struct Spool {
    encoder: zstd::Encoder<'static, BufWriter<File>>,
}

/// What was taken, to be read as often as is wanted.
pub struct Spooled(File);

const SPANS: u8 = 0;
const PARTIAL: u8 = 1;

impl Spool {
    /// # Errors
    /// If there is no place for temporary files.
    pub fn new() -> io::Result<Spool> {
        let file = BufWriter::new(tempfile::tempfile()?);
        Ok(Spool {
            encoder: zstd::Encoder::new(file, LEVEL)?,
        })
    }

    /// # Errors
    /// If the disk is full.
    pub fn push(&mut self, frame: Frame<'_>) -> io::Result<()> {
        let (kind, bytes) = match &frame {
            Frame::Spans(otlp) => (SPANS, *otlp),
            Frame::Partial(trace) => (PARTIAL, &trace.0[..]),
        };
        self.encoder.write_all(&[kind])?;
        self.encoder
            .write_all(&(bytes.len() as u64).to_le_bytes())?;
        self.encoder.write_all(bytes)
    }

    /// # Errors
    /// If the disk is full.
    pub fn finish(self) -> io::Result<Spooled> {
        let file = self.encoder.finish()?;
        Ok(Spooled(
            file.into_inner().map_err(io::IntoInnerError::into_error)?,
        ))
    }
}

impl Spooled {
    /// Everything, in the order in which it was taken.
    ///
    /// # Errors
    /// If the file cannot be read any more.
    pub fn read(&self, mut see: impl FnMut(Frame<'_>)) -> io::Result<()> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(0))?;
        let mut decoder = zstd::Decoder::with_buffer(BufReader::new(file))?;
        let mut bytes = Vec::new();
        loop {
            let mut head = [0; 9];
            if decoder.read(&mut head[..1])? == 0 {
                return Ok(());
            }
            decoder.read_exact(&mut head[1..])?;
            let [kind, length @ ..] = head;
            let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
            bytes.resize(length, 0);
            decoder.read_exact(&mut bytes)?;
            match (kind, <[u8; 16]>::try_from(&*bytes)) {
                (PARTIAL, Ok(trace)) => see(Frame::Partial(TraceId(trace))),
                _ => see(Frame::Spans(&bytes)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_read_as_often_as_is_wanted() {
        let mut spool = Spool::new().unwrap();
        let long = vec![7; 300_000];
        spool.push(Frame::Spans(&long)).unwrap();
        spool.push(Frame::Partial(TraceId([9; 16]))).unwrap();
        spool.push(Frame::Spans(&[])).unwrap();
        let spooled = spool.finish().unwrap();
        for _ in 0..2 {
            let mut seen = Vec::new();
            spooled
                .read(|frame| match frame {
                    Frame::Spans(otlp) => seen.push(otlp.len()),
                    Frame::Partial(trace) => seen.push(usize::from(trace.0[0])),
                })
                .unwrap();
            assert_eq!(seen, [300_000, 9, 0]);
        }
    }
}
