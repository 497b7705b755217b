/* districts.js: a region chosen first leaves its own districts to choose from. Without this file the list has them all.
 *
 * <select id="district" data-text-region data-text-choose> with an <optgroup> for each region.
 */
"use strict";

(() => {
  const district = document.getElementById("district");
  if (!district) return;
  const groups = [...district.querySelectorAll("optgroup")];
  const chosen = district.selectedOptions[0]?.closest("optgroup");

  const field = document.createElement("div");
  field.className = "field";
  const label = field.appendChild(document.createElement("label"));
  label.htmlFor = "region";
  label.textContent = district.dataset.textRegion;
  const region = field.appendChild(document.createElement("select"));
  region.id = "region"; // without a name: the district says it all, so this is not sent
  region.required = true;
  region.add(new Option(district.dataset.textChoose, ""));
  groups.forEach((group, index) => region.add(new Option(group.label, String(index), false, group === chosen)));

  const narrow = () => {
    const group = groups[region.value];
    for (const each of groups) each.remove();
    if (group) district.append(...[group]);
    district.disabled = !group;
  };

  region.addEventListener("change", () => {
    district.value = "";
    narrow();
  });
  district.closest(".field").before(field);
  narrow();
})();
