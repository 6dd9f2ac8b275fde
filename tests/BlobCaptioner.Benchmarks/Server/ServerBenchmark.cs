using System.Globalization;
using BlobCaptioner.Benchmarks.Images;
using BlobCaptioner.Cli.Benchmarks;
using BlobCaptioner.Engine;
using BlobCaptioner.Engine.Setup;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Inference.Plans;

namespace BlobCaptioner.Benchmarks.Server;

/// <summary>
/// Compares the engine with llama-server, in alternating order: same model files, prepared pictures, prompts, sampling, lengths and threads. With <c>--words</c>, for random
/// weights, the engine's texts run to their advised lengths, and the server writes as many tokens.
/// </summary>
internal static class ServerBenchmark
{
    // Bare steps are measured in the middle of an answer. An answer has about a quarter of the tokens that are reserved for it.
    private const int ReservedToWritten = 4;
    private const int Spare = 64;

    public static async Task<int> RunAsync(string[] arguments)
    {
        var options = new Arguments(arguments);
        if (options.Text("--llama-server") is not { } program)
        {
            Console.Error.WriteLine(
                "Usage: server --llama-server PATH [--model TEXT.gguf --mmproj VISION.gguf] [--words] [--workloads W1,W2,W3,W4] [--np 1,2,4,8] [--server-args \"-fa on --cache-ram 0\"]\n"
                + "              [--pictures 16] [--rounds 3] [--edge 512] [--slots N] [--threads N] [--context CELLS] [--modes schema,free]\n"
                + "Give a llama-server that was built from the same release with the same flags; --words is for models with random weights (python3 ../shared/tools/random-gguf.py DIR scale).");
            return 2;
        }

        var files = options.Text("--model") is { } text && options.Text("--mmproj") is { } vision
            ? new DecoderOptions { TextModelPath = text, VisionModelPath = vision }
            : SampleModel.Options;
        var words = options.Has("--words");
        var (pictures, rounds, edge) = (options.Number("--pictures", 16), options.Number("--rounds", 3), options.Number("--edge", 512));
        var threads = options.Number("--threads");
        var batching = new BatcherOptions { Slots = options.Number("--slots", DecoderOptions.IsSmall(files.TextModelPath) ? 4 : 8), KeptEncodings = 0 };
        var parallels = (options.Text("--np") ?? "1,2,4,8").Split(',').Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        var wanted = (options.Text("--workloads") ?? "W1,W2,W3,W4").Split(',');
        var workloads = Workload.All.Where(w => wanted.Contains(w.Name)).Select(w => words ? w.AtAdvisedLengths() : w).ToArray();

        using var preparer = new ImagePreparer(new ImageOptions());
        var prepared = new List<PreparedImage>();
        // The server caches the last pictures of its slots, so none is sent twice.
        foreach (var (name, jpeg) in PictureSet.Create((pictures * (rounds + 1) * (words ? 2 : 1)) + 16, edge))
        {
            var outcome = await preparer.PrepareAsync(jpeg, name, workloads[0].Profile.ImageTokenBudget, CancellationToken.None);
            prepared.Add(new() { Jpeg = ((PreparationOutcome.Prepared)outcome).Jpeg, Name = name });
        }

        foreach (var workload in workloads)
        {
            var cells = options.Number("--context", ContextSize.For(workload.Profile, batching));
            ISequenceDecoder decoder = LLamaSharpDecoder.Load(files with { MaxSequences = batching.Sequences, ContextTokens = cells, Threads = threads, ImageThreads = threads });
            decoder = words ? new WordsDecoder(decoder) : decoder;
            var plan = DecodingPlan.Compile(workload.Profile, decoder);
            Console.WriteLine($"{workload.Name}, {workload.What}: {decoder.Info.ModelName}, {pictures} pictures of {edge} x {edge} px, {rounds} rounds; load {Machine.Load()}");
            var bare = BareSpeeds.Measure(decoder, plan, PreparedJpeg.Decode(prepared[0]), batching.Slots, plan.ExpectedAnswerTokens / ReservedToWritten);
            Console.WriteLine(
                $"  bare: encode {bare.EncodeMs:0} ms, prefill {bare.PrefillMs:0} ms, decode {1_000 / bare.StepOfOneMs:0.0} tokens/s alone, {bare.TokensPerSecond:0.0} with {bare.Slots} sequences");
            await using var model = new LocalCaptionModel(decoder, batching);
            var unseen = 0;
            List<PreparedImage> Next(int count) => prepared.GetRange(Interlocked.Add(ref unseen, count) - count, count);
            List<PreparedImage> own = prepared.GetRange(0, pictures);
            var warm = await EngineRun.MeasureAsync(model, [.. own.Take(batching.Slots)], workload.Profile, CancellationToken.None);
            var tokens = (int)Math.Round(warm.OutputTokens);
            var perSlot = (int)(Math.Ceiling((warm.InputTokens + (words ? tokens : plan.MaxAnswerTokens) + Spare) / 256) * 256);
            if (options.Has("--context"))
            {
                perSlot = cells / parallels.Max();
            }

            var named = (options.Text("--modes") ?? "schema,free").Split(',');
            ServerMode[] modes = words
                ? [.. ((ServerMode[])[ServerMode.Schema, ServerMode.Free]).Where(m => named.Contains(m.ToString(), StringComparer.OrdinalIgnoreCase))]
                : [ServerMode.Real];
            var asks = modes.Select(m => ServerAsk.Create(workload.Profile, m, words ? tokens : plan.MaxAnswerTokens)).ToArray();

            async Task<LlamaServer> StartAsync(int parallel)
            {
                var server = await LlamaServer.StartAsync(
                    program, files.TextModelPath, files.VisionModelPath, parallel, perSlot, threads ?? Environment.ProcessorCount, options.Text("--server-args") ?? "-fa on --cache-ram 0");
                _ = await server.AskAsync(asks[^1](prepared[^1]));
                return server;
            }

            var best = new int[modes.Length];
            for (var mode = 0; mode < modes.Length; mode++)
            {
                best[mode] = parallels.Length == 1 ? parallels[0] : await FindBestAsync(parallels, StartAsync, prepared.GetRange(0, Math.Min(8, pictures)), asks[mode], modes[mode]);
            }

            var ours = new List<EngineRun>();
            var theirs = modes.Select(_ => new List<ServerRun>()).ToArray();
            var servers = new List<LlamaServer>();
            try
            {
                foreach (var parallel in best.Distinct())
                {
                    servers.Add(await StartAsync(parallel));
                }

                Console.WriteLine($"  server alone: {await AloneAsync(servers[0], prepared, asks[^1])}");
                for (var round = 0; round < rounds; round++)
                {
                    for (var i = 0; i <= modes.Length; i++)
                    {
                        // The order rotates with each round.
                        var turn = (round + i) % (modes.Length + 1);
                        if (turn == modes.Length)
                        {
                            ours.Add(await EngineRun.MeasureAsync(model, own, workload.Profile, CancellationToken.None));
                            Console.Error.WriteLine($"  round {round + 1}: engine {ours[^1].PicturesPerMinute:0.00} pictures/min");
                        }
                        else
                        {
                            theirs[turn].Add(await ServerRun.MeasureAsync(servers.Single(s => s.Parallel == best[turn]), Next(pictures), asks[turn]));
                            Console.Error.WriteLine(
                                $"  round {round + 1}: llama-server {modes[turn]} {theirs[turn][^1].PicturesPerMinute:0.00} pictures/min, {theirs[turn][^1].OutputTokens:0} tokens, "
                                + $"{theirs[turn][^1].Failed} failed {theirs[turn][^1].Replies.FirstOrDefault(r => r.Error is not null)?.Error}");
                        }
                    }
                }

                Print(ours, bare);
                for (var mode = 0; mode < modes.Length; mode++)
                {
                    Print(theirs[mode], best[mode], modes[mode], servers.Single(s => s.Parallel == best[mode]).PeakBytes, perSlot);
                    var ratios = ours.Zip(theirs[mode], (a, b) => a.PicturesPerMinute / b.PicturesPerMinute).ToArray();
                    Console.WriteLine(
                        $"  ratio to llama-server {modes[mode]}: {BareSpeeds.Median(ratios):0.00} (rounds {string.Join(' ', ratios.Select(r => r.ToString("0.00", CultureInfo.InvariantCulture)))})");
                }

                Console.WriteLine($"  memory: engine {ResidentPeak.OfProcess(Environment.ProcessId) / 1e6:0} MB with {decoder.Info.ContextTokens} cells; load {Machine.Load()}");
            }
            finally
            {
                foreach (var server in servers)
                {
                    await server.DisposeAsync();
                }
            }
        }

        return 0;
    }

    private static async Task<int> FindBestAsync(
        int[] parallels, Func<int, Task<LlamaServer>> start, List<PreparedImage> pictures, Func<PreparedImage, System.Text.Json.Nodes.JsonNode> ask, ServerMode mode)
    {
        var speeds = new List<(int Parallel, double Speed)>();
        foreach (var parallel in parallels)
        {
            await using var server = await start(parallel);
            var run = await ServerRun.MeasureAsync(server, [.. pictures.Take(Math.Max(parallel, Math.Min(4, pictures.Count)))], ask);
            speeds.Add((parallel, run.PicturesPerMinute));
        }

        Console.WriteLine($"  llama-server {mode}, pictures/min by -np: {string.Join(", ", speeds.Select(s => $"{s.Parallel}: {s.Speed:0.00}"))}");
        return speeds.MaxBy(s => s.Speed).Parallel;
    }

    private static async Task<string> AloneAsync(LlamaServer server, List<PreparedImage> pictures, Func<PreparedImage, System.Text.Json.Nodes.JsonNode> ask)
    {
        var body = ask(pictures[^2]);
        body["max_tokens"] = 40;
        var reply = await server.AskAsync(body);
        return reply.Error ?? $"encode and prefill {reply.PromptMs:0} ms, decode {reply.TokensPerSecond:0.0} tokens/s with its sampler, {reply.InputTokens} tokens read";
    }

    private static void Print(List<EngineRun> runs, BareSpeeds bare)
    {
        double Of(Func<EngineRun, double> value) => BareSpeeds.Median(runs.Select(value));
        var wall = Of(r => 1_000 * r.Wall.TotalSeconds / r.Pictures);
        var bound = bare.BoundMs(Of(r => r.SampledTokens));
        Console.WriteLine(
            $"  engine: {Of(r => r.PicturesPerMinute):0.00} pictures/min, {Of(r => r.OutputTokens * r.Pictures / r.Wall.TotalSeconds):0.0} tokens/s; {Of(r => r.InputTokens):0} tokens read, "
            + $"{Of(r => r.OutputTokens):0} written, {Of(r => r.SampledTokens):0} of them sampled");
        Console.WriteLine(
            $"    ms a picture: {wall:0} = prefill {Of(r => r.Per(s => s.PrefillBusy)):0} + decode {Of(r => r.Per(s => s.DecodeBusy)):0} + choose {Of(r => r.Per(s => s.SampleBusy)):0} "
            + $"+ wait {Of(r => r.Per(s => s.Idle)):0} + other {Of(r => r.OtherMs):0}; encode beside it {Of(r => r.Per(s => s.EncodeBusy)):0}; "
            + $"{Of(r => (r.After.TextTokens - r.Before.TextTokens) / (double)(r.After.Steps - r.Before.Steps)):0.0} tokens a step");
        Console.WriteLine($"    bound {bound:0} ms a picture, reached {bound / wall:0.00} of it");
    }

    private static void Print(List<ServerRun> runs, int parallel, ServerMode mode, long peak, int perSlot)
    {
        double Of(Func<ServerRun, double> value) => BareSpeeds.Median(runs.Select(value));
        Console.WriteLine(
            $"  llama-server {mode}, -np {parallel}: {Of(r => r.PicturesPerMinute):0.00} pictures/min, {Of(r => r.OutputTokens * (r.Replies.Count - r.Failed) / r.Wall.TotalSeconds):0.0} tokens/s; "
            + $"{Of(r => r.OutputTokens):0} written, {runs.Sum(r => r.Failed)} failed; {peak / 1e6:0} MB with {parallel * perSlot} cells");
    }
}
