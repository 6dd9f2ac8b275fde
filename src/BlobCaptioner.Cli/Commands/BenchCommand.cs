using System.CommandLine;
using System.Text.Json;
using BlobCaptioner.Cli.Benchmarks;
using BlobCaptioner.Cli.Hosting;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner bench</c>: measurements.</summary>
internal static class BenchCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("bench", "Measures this machine.") { Engine(), Pipeline() };

    private static ExampleCommand Engine()
    {
        var count = NumberOption.Create("--count", "Pictures in each round, 1 to 100000.", 16, 1, 100_000);
        var rounds = NumberOption.Create("--rounds", "Rounds, 1 to 99.", 3, 1, 99);
        var edge = NumberOption.Create("--edge", "Pixels across and down of the pictures, 64 to 4096.", 512, 64, 4096);
        var words = new Option<bool>("--words")
        {
            Description = "For models with random weights, whose words are noise: everything is computed, and then every text is filled to its limit.",
        };
        var (engine, profile, reports) = (new EngineArguments(), new ProfileArgument(), new OutputArguments());
        var command = new ExampleCommand(
            "engine",
            "Measures a model on this machine: tokens read and written, seconds a picture, tokens a second, memory, and where the time goes, beside what encode, prefill and decode " +
            "take one at a time.")
        {
            Examples =
            [
                ("captioner bench engine --model Qwen3VL-8B-Instruct-Q4_K_M.gguf --mmproj mmproj-F16.gguf --count 32", "Your own model."),
                ("captioner bench engine --count 200 --slots 8 --json", "The sample model, for machines."),
            ],
        };
        command.Add(count);
        command.Add(rounds);
        command.Add(edge);
        command.Add(words);
        profile.AddTo(command);
        engine.AddTo(command);
        reports.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult("--server") is not null)
            {
                result.AddError("'bench engine' measures a model in this process; leave --server out, and time a server with 'captioner describe'.");
            }
        });
        command.SetAction(async (parse, _) =>
        {
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            var result = await EngineBenchmark.RunAsync(
                engine.Read(parse), profile.Read(parse), parse.GetValue(count), parse.GetValue(edge), parse.GetValue(rounds), parse.GetValue(words), ErrorProgress.Instance, signals.Stop);
            if (reports.Json(parse))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CliJson.Lines.EngineResult));
            }
            else
            {
                Write(result);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(EngineResult r)
    {
        Console.WriteLine(
            $"{r.Model}, profile {r.Profile}, {r.Count} pictures of {r.Edge}×{r.Edge} px in {r.Rounds} rounds, {r.Slots} slots, {r.ContextTokens} cells, {r.Processors} processors, " +
            $"load before {r.LoadBefore:0.0}");
        Console.WriteLine("  tokens read  written  sampled  pictures/min  s a picture  s alone  tokens/s  memory MB");
        Console.WriteLine(
            $"  {r.InputTokens,11:0}  {r.OutputTokens,7:0}  {r.SampledTokens,7:0}  {r.PicturesPerMinute,12:0.0}  {r.SecondsAPicture,11:0.000}  {r.SecondsAlone,7:0.000}  {r.TokensPerSecond,8:0.0}  " +
            $"{r.PeakBytes / 1e6,9:0}");
        Console.WriteLine(
            $"ms a picture: prefill {r.PrefillMs:0.0} + decode {r.DecodeMs:0.0} + choose {r.ChooseMs:0.0} + wait {r.WaitMs:0.0} + other {r.OtherMs:0.0} on the decode thread, " +
            $"encode {r.EncodeMs:0.0} beside it; {r.TokensPerStep:0.0} tokens a step; the engine's own time is {r.Overhead:0.0%}");
        if (r.ResidentBytes.Count > 0)
        {
            Console.WriteLine($"resident after each round, MB: {string.Join(' ', r.ResidentBytes.Select(b => $"{b / 1e6:0}"))}");
        }

        Console.WriteLine(
            $"one at a time: encode {r.Bare.EncodeMs:0} ms, prefill {r.Bare.PrefillMs:0} ms, decode {1_000 / r.Bare.StepOfOneMs:0.0} tokens/s alone and {r.Bare.TokensPerSecond:0.0} with " +
            $"{r.Bare.Slots} sequences; {r.BoundMs:0} ms a picture one after the other, of which {r.OfBound:0.00} was reached");
    }

    private static ExampleCommand Pipeline()
    {
        var count = NumberOption.Create("--count", "Pictures in each measurement, 1 to 100000.", 300, 1, 100_000);
        var rounds = NumberOption.Create("--rounds", "Pairs of measurements, 1 to 99.", 3, 1, 99);
        var edge = NumberOption.Create("--edge", "Pixels across and down of the pictures, 64 to 4096.", 512, 64, 4096);
        var (store, engine, profile, loop, reports) =
            (new StoreArguments(), new EngineArguments(), new ProfileArgument(), new LoopArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "pipeline",
            "Compares the whole way of a picture (sweep, intake, queue, caption, record) with the engine alone over the same pictures in memory, " +
            "in alternating order in one run. The local Azurite runs on the same cores, and its processor time is shown.")
        {
            Examples = [("captioner bench pipeline --count 300 --json", "With the sample model, in containers of its own that are deleted afterwards.")],
        };
        command.Add(count);
        command.Add(rounds);
        command.Add(edge);
        profile.AddTo(command);
        engine.AddTo(command);
        store.AddTo(command);
        loop.AddTo(command);
        reports.AddTo(command);
        command.SetAction(async (parse, _) =>
        {
            var writeUp = profile.Read(parse);
            var choice = engine.Read(parse);
            using var logging = reports.CreateLogging(parse);
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            await using var session = await EngineSession.LoadAsync(choice, writeUp, new(), ErrorProgress.Instance, logging, signals.Stop);
            var benchmark = new PipelineBenchmark(
                session, store.Read(parse), writeUp, loop.Read(parse), logging, ErrorProgress.Instance, TimeProvider.System);
            var result = await benchmark.RunAsync(
                parse.GetValue(count), parse.GetValue(edge), parse.GetValue(rounds), choice.Threads, signals.Stop);
            if (reports.Json(parse))
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, CliJson.Lines.PipelineResult));
            }
            else
            {
                Write(result);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static void Write(PipelineResult result)
    {
        Console.WriteLine(
            $"{result.Count} pictures of {result.Edge}×{result.Edge} px ({result.ImageTokens} image tokens), {result.Model}, {result.Slots} slots, " +
            $"{(result.Threads is { } threads ? $"{threads} threads" : "default threads")}, {result.Processors} processors, load before {result.LoadBefore:0.0}; " +
            $"preparing a picture takes {result.PrepareCpuMs:0.0} ms of processor time");
        Console.WriteLine("round  engine/min  end to end/min  ratio  CPU ms a picture: engine alone, end to end, Azurite   encode/prefill/decode   encode ms: alone, end to end   busy: alone, end to end");
        for (var i = 0; i < result.Rounds.Count; i++)
        {
            var round = result.Rounds[i];
            Console.WriteLine(
                $"{i + 1,5}  {round.EnginePerMinute,10:0}  {round.PipelinePerMinute,14:0}  {round.Ratio:0.000}  " +
                $"{round.EngineCpuMs,29:0.0}, {round.PipelineCpuMs,10:0.0}, {round.AzuriteCpuMs,7:0.0}   " +
                (round.Shares is { } shares ? $"{shares.Encode:0%}/{shares.Prefill:0%}/{shares.Decode:0%}" : "-") +
                $"   {round.EngineEncodeMs,20:0.0}, {round.PipelineEncodeMs:0.0}   {round.EngineBusy,15:0.0%}, {round.PipelineBusy:0.0%}");
        }

        Console.WriteLine($"median ratio {result.MedianRatio:0.000}");
    }
}
