"""The command that shows the face to those who judge it."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command


def test_sheets_hold_everyone_in_every_situation(tmp_path: Path):
    call_command("portrait", out=tmp_path, size=240, no_clips=True)
    situations = cv2.imread(str(tmp_path / "situations.png"))
    assert situations.shape[0] > 3 * 300
    assert situations.shape[1] > 6 * 300
    tiles = [situations[8:308, 8 + column * 308 : 308 + column * 308].astype(int) for column in range(6)]
    assert all(np.abs(one - other).mean() > 0.5 for i, one in enumerate(tiles) for other in tiles[:i])


def test_a_clip_speaks(tmp_path: Path):
    call_command("portrait", "--out", str(tmp_path), "--who", "omar", "--situation", "listening", "--size", "128")
    with av.open(str(tmp_path / "omar-calm.mp4")) as clip:
        seconds = float(clip.duration or 0) / av.time_base
        pictures = [frame.to_ndarray(format="gray") for frame in clip.decode(video=0)]
    with av.open(str(tmp_path / "omar-calm.mp4")) as clip:
        heard = np.concatenate([frame.to_ndarray().ravel() for frame in clip.decode(audio=0)])
    assert 8 < seconds < 14
    assert len(pictures) == pytest.approx(seconds * 30, abs=8)
    assert np.abs(heard).max() > 0.1
    assert not (tmp_path / "omar-worried.mp4").exists()


def test_an_unknown_situation_is_refused_with_the_choices(tmp_path: Path):
    with pytest.raises(CommandError, match="worried_listening"):
        call_command("portrait", "--out", str(tmp_path), "--situation", "dancing")
