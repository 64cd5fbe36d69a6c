"""What the shipped networks say of two example pictures, kept in golden.json by the SHA-256 of the weights.

`python -m tests.golden` adds what is missing there, after new weights were shipped and found to be right.
"""

import json
from pathlib import Path

from carmodel.photo import read_photo
from carmodel.sampling import area_means
from carmodel.weights import available, load

FILE = Path(__file__).with_name("golden.json")
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
PICTURES = ("suv_1.jpg", "coupe_2.jpg")


def logits(name: str) -> dict[str, list[float]]:
    """The four logits of the shipped network of this name for each of the pictures."""
    network, card = load(name)
    frames = {picture: read_photo(EXAMPLES / picture).frame for picture in PICTURES}
    return {
        picture: network(area_means(frame, card.size)[None])[0].tolist() for picture, frame in frames.items()
    }


def main() -> None:
    """Writes golden.json for the shipped networks; what it says of other weights is left out."""
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    table = {}
    for name in available():
        digest = load(name)[1].sha256
        rounded = {picture: [round(each, 5) for each in found] for picture, found in logits(name).items()}
        table[digest] = known.get(digest) or {"name": name, "logits": rounded}
    FILE.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
