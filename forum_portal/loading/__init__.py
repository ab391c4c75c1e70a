"""Loading a content folder, such as data/smisc, into the database."""

from forum_portal.loading.load import Kept, Report, is_empty, load_folder
from forum_portal.loading.problems import LoadError, Problem

__all__ = ["Kept", "LoadError", "Problem", "Report", "is_empty", "load_folder"]
