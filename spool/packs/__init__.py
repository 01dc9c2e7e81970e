"""Packs: many snapshots and static files of a run that is over, in few immutable files, so that quotas last.

    pack_index   the first member of a pack, which says where the others are
    pack_files   the packs of one spool: what is in them, and reading it; loose files come first
    packing      writes packs, and removes loose files once the packs are durable

A pack is an uncompressed ZIP file whose members have the names and the bytes that they have in the spool: `unzip` in
the spool's directory restores it. `docs/format.md` specifies it.
"""
