/* "Save PNG" under a map: the picture as it is shown, as a file named after method, column and photo. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.save");
  if (!button) return;
  const map = button.closest("figure").querySelector("img.map");
  const canvas = Object.assign(document.createElement("canvas"), {width: map.naturalWidth, height: map.naturalHeight});
  canvas.getContext("2d").drawImage(map, 0, 0);
  const example = document.querySelector("#examples [aria-pressed=true]");
  const photo = example ? example.dataset.file.replace(/\.\w+$/, "") : "photo";
  canvas.toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(blob), download: `${button.dataset.map}-${photo}.png`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }, "image/png");
});
