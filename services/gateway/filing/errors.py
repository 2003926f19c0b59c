"""What can be wrong with filing."""

from shared.problems import Conflict


class FolderTaken(Conflict):
    """There is a folder of this name in the same place."""

    slug = "folder-taken"
    title = "Folder exists"

    def __init__(self) -> None:
        super().__init__(
            "There is a folder of this name there already.", errors=[{"field": "name", "message": "is taken"}]
        )


class FolderNotEmpty(Conflict):
    """A folder with sub-folders is not deleted."""

    slug = "folder-not-empty"
    title = "Folder has sub-folders"

    def __init__(self) -> None:
        super().__init__("Delete or move its sub-folders first.")


class TooMuchFiling(Conflict):
    """There are only so many folders, levels and labels."""

    slug = "too-much-filing"
    title = "Too many folders or labels"
