"""How things are put into a crate: a thing the crate speaks of, a file beside it, a file that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from desistance.bulletin.crate.files import File

if TYPE_CHECKING:
    from rocrate.model.entity import Entity
    from rocrate.rocrate import ROCrate

MADE_UP = "Made-up records: nothing here is about real children or services."


def entity(crate: ROCrate, link: str, kind: str, /, **properties: Any) -> Entity:
    """Put a thing into a crate under an identifier; properties that are None are left out."""
    from rocrate.model.contextentity import ContextEntity

    given = {key: value for key, value in properties.items() if value is not None}
    return crate.add(ContextEntity(crate, link, properties={"@type": kind, **given}))


def data_file(crate: ROCrate, file: File, made_up: bool, /, **properties: Any) -> Entity:
    """Describe a file that stands beside the crate."""
    said = {
        "name": file.name,
        "description": f"{file.description}.{made_up_note(made_up)}",
        "encodingFormat": file.media_type,
        "contentSize": str(file.n_bytes),
        "sha256": file.sha256,
    }
    return crate.add_file(dest_path=file.name, properties=said | properties)


def used_file(crate: ROCrate, link: str, file: File, made_up: bool, /, **properties: Any) -> Entity:
    """Describe a file that was read and is not part of the crate: an identifier that starts with # says so."""
    return entity(
        crate,
        link,
        "File",
        name=file.name,
        description=f"{file.description}; not included.{made_up_note(made_up)}",
        encodingFormat=file.media_type,
        sha256=file.sha256,
        **properties,
    )


def made_up_note(made_up: bool) -> str:
    """What a description of made-up things ends with; nothing for others."""
    return f" {MADE_UP}" if made_up else ""
