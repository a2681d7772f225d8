"""The flash directory as the board's root: no path leads out of it, but for the ports under /dev."""

import errno
import os

import vfs

_DIRECTORY = 0x4000


class ConfinedFS:
    """A VfsPosix that knows its own `..`, so that /../x is /x as on a board's flash."""

    def __init__(self, root, control):
        self._control = control
        self._flash = vfs.VfsPosix(root)
        self._ports = vfs.VfsPosix("/dev")
        self._root = root
        self._whole = vfs.VfsPosix()
        self._cwd = "/"
        self.mkdir = self._forward("mkdir")
        self.remove = self._forward("remove")
        self.rmdir = self._forward("rmdir")
        self.statvfs = self._forward("statvfs")

    def mount(self, readonly, mkfs):
        self._flash.mount(readonly, mkfs)

    def umount(self):
        pass

    def open(self, path, mode):
        path = self._inside(path)
        if path.startswith("/dev/"):
            return self._ports.open(path[4:], mode)
        return self._flash.open(path, mode)

    def stat(self, path):
        # An import takes whatever a stat raises for "no such file", Ctrl-C too: have it come again a little later.
        try:
            return self._flash.stat(self._inside(path))
        except KeyboardInterrupt:
            self._control.write(b"interrupt\n")
        return self._flash.stat(self._inside(path))

    def ilistdir(self, path):
        """Yield (name, type, inode, size) as a flash file system does; VfsPosix leaves the size out."""
        path = self._inside(path)
        for name, kind, inode in self._flash.ilistdir(path):
            yield name, kind, inode, self._size(path + "/" + name)

    def _size(self, path):
        try:
            return self._flash.stat(path)[6]
        except OSError:  # gone meanwhile
            return 0

    def rename(self, old, new):
        # A VfsPosix with a root keeps both paths in one buffer and renames the new name to itself (1.29-preview).
        self._whole.rename(self._root + self._inside(old), self._root + self._inside(new))

    def getcwd(self):
        return self._cwd

    def chdir(self, path):
        path = self._inside(path)
        if not self._flash.stat(path)[0] & _DIRECTORY:
            raise OSError(errno.ENOENT)
        self._cwd = path

    def _forward(self, name):
        method = getattr(self._flash, name)

        def forward(path="/"):
            return method(self._inside(path))

        return forward

    def _inside(self, path):
        if not path.startswith("/"):
            path = self._cwd + "/" + path
        parts = []
        for part in path.split("/"):
            if part == "..":
                if parts:
                    parts.pop()
            elif part and part != ".":
                parts.append(part)
        return "/" + "/".join(parts)


def mount_as_root(directory, control):
    """Put a directory of the machine in the place of its whole file system; control: the open control pipe."""
    flash = ConfinedFS(directory, control)
    vfs.umount("/")
    vfs.mount(flash, "/")
    os.chdir("/")
