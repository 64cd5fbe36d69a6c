"""The work of a survey, spread over processes, each with networks of its own and one thread."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread

import torch

from carmodel.photo import PhotoError, PhotoMemoryError, read_photo
from explain.source import Source
from explain.survey.photo import PARTS
from explain.survey.records import Record, SurveyError, write_record


@dataclass(frozen=True)
class Task:
    """One part of one photo, and the file that it goes to."""

    photo: Path
    part: str  # of PARTS
    record: Path


def work(tasks: Sequence[Task], workers: int, source: Source) -> Iterator[Task]:
    """Does all tasks, in this process or in `workers` others, and yields each when its record is written.

    Networks are those of the source. A photo that cannot be read gets an empty record.
    Raises MemoryError, WeightsError, OSError if a record cannot be written, and SurveyError if a process was
    killed.
    """
    if workers == 1:
        _prepare()
        for task in tasks:
            yield _measure(task, source)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _prepare)
    try:
        for done in as_completed([pool.submit(_measure, task, source) for task in tasks]):
            yield done.result()
    except BrokenProcessPool as error:
        raise SurveyError(
            "A process of the survey was ended, perhaps for want of memory; "
            "the same command goes on from here, if need be with fewer --workers."
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _measure(task: Task, source: Source) -> Task:
    try:
        # A new one for every photo: an explainer keeps what it computed, and no photo comes twice.
        record = PARTS[task.part](source.load(), read_photo(task.photo))
    except PhotoMemoryError:  # no fault of the photo, which must not be left out for good
        raise
    except PhotoError:
        record = Record(rows=(), seconds={})
    write_record(task.record, record)
    return task


def _prepare() -> None:
    """Makes this process use one thread and, if another one started it, end when that one is killed."""
    torch.set_num_threads(1)  # processes work side by side; threads within one would wait for each other
    if parent := parent_process():

        def watch() -> None:
            parent.join()
            os._exit(1)

        Thread(target=watch, daemon=True).start()
