using System.Text.Json;
using BlobCaptioner.Cli;
using BlobCaptioner.Cli.Commands;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;

namespace BlobCaptioner.Benchmarks.Pipeline;

/// <summary>The command <c>pipeline</c>, with the options of <c>captioner</c>.</summary>
internal static class PipelineCommand
{
    /// <summary>Runs it.</summary>
    public static Task<int> RunAsync(string[] arguments) =>
        CaptionerCommand.RunAsync(CaptionerCommand.CreateRoot("Benchmarks of BlobCaptioner.", [("Benchmarks", [Create()])]), arguments);

    private static ExampleCommand Create()
    {
        var count = NumberOption.Create("--count", "Pictures in each measurement, 1 to 100000.", 300, 1, 100_000);
        var rounds = NumberOption.Create("--rounds", "Pairs of measurements, 1 to 99.", 3, 1, 99);
        var edge = NumberOption.Create("--edge", "Pixels across and down of the pictures, 64 to 4096.", 512, 64, 4096);
        var (store, engine, profile, loop, reports) =
            (new StoreArguments(), new EngineArguments(), new ProfileArgument(), new LoopArguments(), new OutputArguments());
        var command = new ExampleCommand(
            "pipeline",
            "Compares the whole pipeline (sweep, intake, queue, caption, record) with the engine alone on the same pictures, in alternating order in one run. " +
            "The local Azurite runs on the same cores; its processor time is shown.")
        {
            Examples = [("dotnet run -c Release --project tests/BlobCaptioner.Benchmarks -- pipeline --count 300 --json", "With the sample model. The containers are deleted afterwards.")],
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
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(result, PipelineJson.Default.PipelineResult));
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
