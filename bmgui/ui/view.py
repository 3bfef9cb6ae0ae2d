"""Where the picture lies on the canvas: frame pixels to canvas pixels and back. A frozen value, no Qt."""

from dataclasses import dataclass, replace

Point = tuple[float, float]
MARGIN_PX = 12
GREATEST_ZOOM = 32.0


@dataclass(frozen=True)
class View:
    """zoom: canvas px (before the screen's device pixel ratio) a frame px; left, top: where frame point (0, 0) lies."""

    zoom: float = 1.0
    left: float = 0.0
    top: float = 0.0

    def to_frame(self, x: float, y: float) -> Point:
        return (x - self.left) / self.zoom, (y - self.top) / self.zoom

    def to_canvas(self, x: float, y: float) -> Point:
        return self.left + x * self.zoom, self.top + y * self.zoom

    def panned(self, dx: float, dy: float) -> "View":
        return replace(self, left=self.left + dx, top=self.top + dy)

    def zoomed(self, factor: float, about: Point, least: float) -> "View":
        """The same point of the picture stays at `about` (canvas px). The zoom stays within `least` and 32."""
        zoom = min(max(self.zoom * factor, least), max(GREATEST_ZOOM, least))
        x, y = self.to_frame(*about)
        return View(zoom, about[0] - x * zoom, about[1] - y * zoom)

    def held(self, picture: tuple[int, int], canvas: tuple[int, int]) -> "View":
        """Moved so that the middle of the canvas lies on the picture: it cannot be lost by panning."""
        left = min(max(self.left, canvas[0] / 2 - picture[0] * self.zoom), canvas[0] / 2)
        top = min(max(self.top, canvas[1] / 2 - picture[1] * self.zoom), canvas[1] / 2)
        return replace(self, left=left, top=top)


def fitted(picture: tuple[int, int], canvas: tuple[int, int]) -> View:
    """The whole picture (width, height in px) in the middle of the canvas, as large as it goes, with a small margin."""
    room_x, room_y = max(canvas[0] - 2 * MARGIN_PX, 1), max(canvas[1] - 2 * MARGIN_PX, 1)
    zoom = min(room_x / picture[0], room_y / picture[1], GREATEST_ZOOM)
    return View(zoom, (canvas[0] - picture[0] * zoom) / 2, (canvas[1] - picture[1] * zoom) / 2)
