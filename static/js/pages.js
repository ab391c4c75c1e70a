// What every page of the portal runs. The parts are joined when static files are
// collected: one request instead of three.
import "./site.js";
import "./offline.js";
import "./agenda.js";
