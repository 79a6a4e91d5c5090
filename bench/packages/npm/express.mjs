// Answers everything with the status and the body that its environment gives.
import express from "express";

const { PORT, BODY } = process.env;
const app = express();
app.use((request, response) => response.status(503).type("application/json").send(BODY));
app.listen(Number(PORT), "127.0.0.1");
