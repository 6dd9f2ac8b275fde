using System.CommandLine;
using BlobCaptioner.Cli.Benchmarks;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;

namespace BlobCaptioner.Cli.Commands;

/// <summary><c>captioner bench</c>: measurements.</summary>
internal static class BenchCommand
{
    /// <summary>Builds the command.</summary>
    public static Command Create() => new("bench", "Measures a model on this machine.") { Engine() };

    private static ExampleCommand Engine()
    {
        var count = NumberOption.Create("--count", "Pictures in each round, 1 to 100000.", 16, 1, 100_000);
        var rounds = NumberOption.Create("--rounds", "Rounds, 1 to 99.", 3, 1, 99);
        var edge = NumberOption.Create("--edge", "Pixels across and down of the pictures, 64 to 4096.", 512, 64, 4096);
        var words = new Option<bool>("--words")
        {
            Description = "For models with random weights: compute everything, but fill every text to its limit.",
        };
        var (engine, profile, reports) = (new EngineArguments(offersServers: false), new ProfileArgument(), new OutputArguments());
        var command = new ExampleCommand(
            "engine",
            "Measures a model on this machine: tokens read and written, seconds a picture, tokens a second, memory and a breakdown of the time, " +
            "beside the times of encode, prefill and decode alone.")
        {
            Examples =
            [
                ("captioner bench engine --model Qwen3VL-8B-Instruct-Q4_K_M.gguf --mmproj mmproj-F16.gguf --count 32", "Your own model."),
                ("captioner bench engine --count 200 --slots 8 --json", "The sample model, for machines."),
            ],
        };
        command.AddAll(count, rounds, edge, words, profile, engine, reports);
        command.Validators.Add(result =>
        {
            if (result.GetResult("--server") is not null)
            {
                result.AddError("'bench engine' measures a model in this process: leave --server out. 'captioner describe' shows the times of a server.");
            }
        });
        command.SetAction(async (parse, _) =>
        {
            using var signals = new StopSignals(() => Console.Error.WriteLine("Stopping."));
            var result = await EngineBenchmark.RunAsync(
                engine.Read(parse), profile.Read(parse), parse.GetValue(count), parse.GetValue(edge), parse.GetValue(rounds), parse.GetValue(words), ErrorProgress.Instance, signals.Stop);
            await reports.WriteAsync(parse, result, CliJson.Lines.EngineResult, Write);
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
}
