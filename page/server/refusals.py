"""What is said to a request that is not served: one sentence each, and a status of HTTP."""

NO_FETCHING = "This page fetches nothing from elsewhere; please upload the photo itself."
NO_ROOM = "The server cannot store files at the moment; please try again later."
NOT_UPLOADED = "This photo is not here, or not any more; please upload it again."
FULL = "Many visitors are asking at once; please try again in a minute."
YOUR_TURN = "Many requests from your address are waiting; please wait for their answers first."
STARTING_AGAIN = "The page is just starting again; please try again in a moment."
TOO_LARGE = "This request is too large."
LONG_HEAD = "The address or the headers of this request are too long."
TOO_SLOW = "This request arrives too slowly; please try again over a better connection."
TOO_MANY_FILES = "Please upload at most {} files at once."
TOO_LARGE_FILE = "This file is larger than {} MB; please make the picture smaller first."
NO_FILE = "This request uploads no file."
NOT_UNDERSTOOD = "This request cannot be understood."
NOT_HERE = "There is nothing at this address."
NOT_YOURS = "This session is not known here, or is somebody else’s; please reload the page."
FOREIGN_SITE = "Other websites may not use this page; a proxy’s name is allowed by --allow-host NAME."
FOREIGN_HOST = "This page is not served under this name; a proxy’s name is allowed by --allow-host NAME."
CROWDED = "Too many connections from your address are open; please close some first."
ONE_QUEUE = "Every request waits in one queue; please use /gradio_api/call/ or gradio_client."
ICON_SIZES = "The icon has 192 or 512 pixels."


class Refused(Exception):
    """A request that is answered with this sentence and status, wherever its fault is noticed."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
